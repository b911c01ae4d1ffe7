/**
 * Whatever a caller hands to the log, as plain data: errors with their causes, nothing circular, nothing that
 * runs code of its own, bounded in depth and breadth. Errors at any depth are told, not shown as `{}`.
 */
const deepest = 6;
const broadest = 100;

export function plain(value: unknown): unknown {
  return convert(value, 0, new Set());
}

function convert(value: unknown, depth: number, above: Set<object>): unknown {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'symbol':
      return value.toString();
    case 'function':
      return '[function]';
    case 'object':
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (above.has(value)) return '[circular]';
  if (depth >= deepest) return '[too deep]';
  above.add(value);
  try {
    return convertObject(value, depth, above);
  } catch {
    // A getter, an iterator or a proxy that throws; the rest of the line is worth more than this field.
    return '[unreadable]';
  } finally {
    above.delete(value);
  }
}

function convertObject(value: object, depth: number, above: Set<object>): unknown {
  const inner = (item: unknown) => convert(item, depth + 1, above);
  if (value instanceof Error) return describeError(value, inner);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return [...value].slice(0, broadest).map(inner);
  if (Array.isArray(value)) return value.slice(0, broadest).map(inner);
  return fields(value, inner);
}

function describeError(error: Error, inner: (item: unknown) => unknown): Record<string, unknown> {
  const described: Record<string, unknown> = {
    type: error.name,
    message: String(error.message),
    ...fields(error, inner),
    stack: String(error.stack),
  };
  // `cause` and `errors` are not enumerable where the runtime made them.
  if (error.cause !== undefined) described['cause'] = inner(error.cause);
  if (error instanceof AggregateError) described['errors'] = inner(error.errors);
  return described;
}

function fields(value: object, inner: (item: unknown) => unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(value).slice(0, broadest)) {
    try {
      found[name] = inner((value as Record<string, unknown>)[name]);
    } catch {
      found[name] = '[unreadable]';
    }
  }
  return found;
}
