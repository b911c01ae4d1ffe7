import { Emitter } from './emitter.js';

/** A model's attributes are its own properties; `set` tells whoever listens, on it and on its collection. */
export class Model extends Emitter {
  #collection;

  constructor(attributes = {}) {
    super();
    Object.assign(this, attributes);
  }

  joined(collection) {
    this.#collection = collection;
  }

  set(changes) {
    let changed = false;
    for (const [key, value] of Object.entries(changes)) {
      const previous = this[key];
      if (previous === value) continue;
      this[key] = value;
      changed = true;
      this.#tell(`change:${key}`, this, value, previous);
    }
    if (changed) this.#tell('change', this);
  }

  serialize() {
    return { ...this };
  }

  toJSON() {
    return this.serialize();
  }

  unsafe() {
    return this;
  }

  #tell(name, ...args) {
    this.trigger(name, ...args);
    this.#collection?.trigger(name, ...args);
  }
}

export function keyOf(id) {
  return typeof id === 'string' ? id : (id?._serialized ?? String(id));
}

export class Collection extends Emitter {
  #models = new Map();
  #missing;

  constructor(modelClass = Model, missing = undefined) {
    super();
    this.modelClass = modelClass;
    this.#missing = missing;
  }

  get(id) {
    return this.#models.get(keyOf(id));
  }

  async find(id) {
    const known = this.get(id);
    if (known || !this.#missing) return known;
    return this.add(this.#missing(id));
  }

  add(model) {
    const key = keyOf(model.id);
    const known = this.#models.get(key);
    if (known) return known;
    this.#models.set(key, model);
    model.joined(this);
    this.trigger('add', model);
    return model;
  }

  /** Adds without telling: what was there before anybody listened. */
  load(model) {
    this.#models.set(keyOf(model.id), model);
    model.joined(this);
    return model;
  }

  remove(model) {
    if (this.#models.delete(keyOf(model.id))) this.trigger('remove', model);
  }

  getModelsArray() {
    return [...this.#models.values()];
  }

  async update() {}

  get length() {
    return this.#models.size;
  }
}
