/** What known credentials look like; the worker's redactor and the job's object blank them wherever they appear. */
export const TOKEN_SHAPES: readonly RegExp[] = [
  /sk-ant-[A-Za-z0-9_-]{16,}/g,
  /sk-proj-[A-Za-z0-9_-]{16,}/g,
  /\bgh[opsur]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\bv[lsgh]_(?:job_|hst_)?[0-9a-z]{20,}(?:_[0-9A-Za-z]+)*/g,
  /(?<=:\/\/)[^\s/:@]+:[^\s/@]+(?=@)/g,
]
export const BLANKED = "[redacted]"

/** Blanks everything that has the shape of a credential. */
export const redactShapes = (text: string): string => TOKEN_SHAPES.reduce((left, shape) => left.replace(shape, BLANKED), text)
