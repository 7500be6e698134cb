import { Session } from 'node:inspector';

const place = Symbol.for('gatehouse.counted');

/** How many objects of a class this thread holds, once what nobody holds is collected. */
export function countObjects(counted: { prototype: object }): number {
  const session = new Session();
  session.connect();
  Object.assign(globalThis, { [place]: counted.prototype });
  let length = Number.NaN;
  // In a session with one's own thread each answer is there when `post` returns.
  session.post(
    'Runtime.evaluate',
    { expression: 'globalThis[Symbol.for("gatehouse.counted")]' },
    (_, { result: { objectId: prototypeObjectId = '' } }) => {
      session.post('Runtime.queryObjects', { prototypeObjectId }, (_, { objects: { objectId } }) => {
        session.post(
          'Runtime.callFunctionOn',
          { functionDeclaration: 'function () { return this.length; }', objectId, returnByValue: true },
          (_, { result }) => {
            length = Number(result.value);
          },
        );
      });
    },
  );
  session.disconnect();
  Reflect.deleteProperty(globalThis, place);
  return length;
}
