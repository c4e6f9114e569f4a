/**
 * What every answer carries, the API's and the assets' alike: the Worker sets them, and the UI's build writes the same
 * table into `_headers`, because static assets bypass the Worker.
 */
export const SECURITY_HEADERS = {
  "content-security-policy": [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; "),
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
} as const satisfies Record<string, string>

/** The `_headers` file of static assets. Hashed files never change; everything else is asked for again. */
export const headersFile = (): string =>
  [
    "/*",
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `  ${name}: ${value}`),
    "/assets/*",
    "  cache-control: public, max-age=31536000, immutable",
    "",
  ].join("\n")
