import type { Keys } from "../config.ts"
import { AppError } from "../errors.ts"

/**
 * Envelope encryption: each value under a data key of its own, the data key wrapped by a master key that is named by its
 * id. Both layers are AES-256-GCM with the row's address as additional data, so a moved or altered text fails loudly.
 * Format: `v1.<key id>.<iv+wrapped data key>.<iv+ciphertext>`, base64url.
 */
export interface Vault {
  seal(address: Address, value: string): Promise<string>
  /** Throws `secret.unreadable` when the key is gone or the text does not belong to this address. */
  open(address: Address, sealed: string): Promise<string>
}
export interface Address {
  table: string
  row: string
  column: string
}

const IV_BYTES = 12

export function createVault(master: Keys["master"]): Vault {
  return {
    async seal(address, value) {
      const keyId = master.current
      const dataKey = crypto.getRandomValues(new Uint8Array(32))
      const wrapped = await encrypt(await masterKey(master, keyId), address, dataKey)
      const text = await encrypt(await importKey(dataKey), address, new TextEncoder().encode(value))
      return ["v1", keyId, wrapped, text].join(".")
    },
    async open(address, sealed) {
      const [version, keyId, wrapped, text] = sealed.split(".")
      if (version !== "v1" || !keyId || !wrapped || !text) throw unreadable(address, "its format is not known")
      try {
        const dataKey = await decrypt(await masterKey(master, keyId), address, wrapped)
        return new TextDecoder().decode(await decrypt(await importKey(dataKey), address, text))
      } catch (error) {
        if (error instanceof AppError) throw error
        throw unreadable(address, "it was altered, moved, or sealed with another key")
      }
    },
  }
}

/** The id of the master key that a sealed text needs. */
export const masterKeyOf = (sealed: string): string | null => sealed.split(".")[1] ?? null

function unreadable(address: Address, why: string): AppError {
  return new AppError("secret.unreadable", `The stored value of ${address.table}/${address.row} cannot be read: ${why}.`)
}

async function masterKey(master: Keys["master"], id: string): Promise<CryptoKey> {
  const key = master.keys[id]
  if (!key) throw new AppError("secret.unreadable", `The master key ${id} is not configured.`)
  return importKey(key)
}

const importKey = (bytes: Uint8Array) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"])
const additional = ({ table, row, column }: Address) => new TextEncoder().encode(JSON.stringify([table, row, column]))

async function encrypt(key: CryptoKey, address: Address, plain: Uint8Array): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: additional(address) }, key, plain))
  const both = new Uint8Array(IV_BYTES + sealed.length)
  both.set(iv)
  both.set(sealed, IV_BYTES)
  return toBase64Url(both)
}

async function decrypt(key: CryptoKey, address: Address, text: string): Promise<Uint8Array> {
  const both = fromBase64Url(text)
  const iv = both.slice(0, IV_BYTES)
  return new Uint8Array(
    await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: additional(address) }, key, both.slice(IV_BYTES)),
  )
}

const toBase64Url = (bytes: Uint8Array) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "")
const fromBase64Url = (text: string) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0))
