/** The one function of Node's that workerd provides and this room uses; Node's other globals stay unknown here on purpose. */
declare module "node:crypto" {
  export function scrypt(
    password: string,
    salt: string,
    length: number,
    options: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, key: Uint8Array) => void,
  ): void
}
