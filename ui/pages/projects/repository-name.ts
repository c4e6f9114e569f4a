/** "acme/shop" of "https://github.com/acme/shop.git"; on another forge its host too. */
export function repositoryName(url: string): string {
  if (!URL.canParse(url)) return url
  const { host, pathname } = new URL(url)
  const name = pathname.replace(/^\/+/, "").replace(/(\.git)?\/*$/, "")
  return host === "github.com" ? name : `${host}/${name}`
}
