/** A Dockerfile as steps that can be carried out. What is not known here is an error: nothing is passed over. */
import { type Copy, DockerfileParser, type Env, type From, type Instruction } from 'dockerfile-ast';

export type Step =
  | { readonly kind: 'workdir'; readonly path: string }
  | { readonly kind: 'env'; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'run'; readonly argv: readonly string[] }
  | {
      readonly kind: 'copy';
      /** The stage that it copies from; null is the build context. */
      readonly from: string | null;
      readonly sources: readonly string[];
      readonly target: string;
      readonly mode: number | null;
    };

export interface Stage {
  readonly name: string | null;
  /** The image that it begins with. */
  readonly base: string;
  readonly steps: readonly Step[];
}

/** What an image tells whoever runs it. */
export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly health: readonly string[];
  readonly stopSignal: string;
  readonly ports: readonly string[];
}

export interface Dockerfile {
  readonly stages: readonly Stage[];
  /** Of the last stage. */
  readonly config: ImageConfig;
}

export function readDockerfile(text: string): Dockerfile {
  const stages: { name: string | null; base: string; steps: Step[] }[] = [];
  let config: ImageConfig = { entrypoint: [], command: [], health: [], stopSignal: 'SIGTERM', ports: [] };
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === 'FROM') {
      const from = instruction as From;
      stages.push({ name: from.getBuildStage(), base: from.getImage() ?? '', steps: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (!stage) throw new Error(`${keyword} comes before any FROM`);
    const set = settingOf(instruction);
    if (set) config = { ...config, ...set };
    else stage.steps.push(stepOf(instruction));
  }
  return { stages, config };
}

function settingOf(instruction: Instruction): Partial<ImageConfig> | null {
  switch (instruction.getKeyword()) {
    case 'ENTRYPOINT':
      return { entrypoint: execForm(instruction) };
    case 'CMD':
      return { command: execForm(instruction) };
    case 'HEALTHCHECK':
      return { health: execForm(instruction, /^.*?\bCMD\s+/s) };
    case 'STOPSIGNAL':
      return { stopSignal: content(instruction) };
    case 'EXPOSE':
      return { ports: words(instruction) };
    default:
      return null;
  }
}

function stepOf(instruction: Instruction): Step {
  switch (instruction.getKeyword()) {
    case 'WORKDIR':
      return { kind: 'workdir', path: content(instruction) };
    case 'RUN':
      return { kind: 'run', argv: execForm(instruction) };
    case 'ENV': {
      const properties = (instruction as Env).getProperties();
      return {
        kind: 'env',
        values: Object.fromEntries(properties.map((one) => [one.getName(), one.getValue() ?? ''])),
      };
    }
    case 'COPY': {
      const copy = instruction as Copy;
      const flags = new Map(copy.getFlags().map((flag) => [flag.getName(), flag.getValue()]));
      const mode = flags.get('chmod');
      const paths = words(copy);
      return {
        kind: 'copy',
        from: flags.get('from') ?? null,
        sources: paths.slice(0, -1),
        target: paths.at(-1) ?? '',
        mode: mode == null ? null : Number.parseInt(mode, 8),
      };
    }
    default:
      throw new Error(`A step of a kind that is not known here: ${instruction.getKeyword()}`);
  }
}

/** A JSON array: no shell stands between. Anything else is refused. */
function execForm(instruction: Instruction, before = /^/): readonly string[] {
  const text = content(instruction).replace(before, '');
  const parsed: unknown = text.startsWith('[') ? JSON.parse(text) : null;
  if (Array.isArray(parsed) && parsed.every((word) => typeof word === 'string')) return parsed;
  throw new Error(`${instruction.getKeyword()} is not in the form of an array: ${text}`);
}

function content(instruction: Instruction): string {
  return instruction.getArgumentsContent() ?? '';
}

function words(instruction: Instruction): readonly string[] {
  return instruction.getArguments().map((argument) => argument.getValue());
}
