import { createWid } from './wid.js';

/** Who this device belongs to. */
export class Me {
  wid = undefined;
  lid = undefined;

  is({ wid, lid }) {
    this.wid = createWid(wid);
    this.lid = createWid(lid);
  }
}
