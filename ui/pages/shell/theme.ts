import { createSignal } from "solid-js"
import Monitor from "lucide-solid/icons/monitor"
import Moon from "lucide-solid/icons/moon"
import Sun from "lucide-solid/icons/sun"

export const THEMES = [
  { value: "light", label: "Light theme", icon: Sun },
  { value: "dark", label: "Dark theme", icon: Moon },
  { value: "system", label: "System theme", icon: Monitor },
] as const
export type Theme = (typeof THEMES)[number]["value"]

const stored = document.documentElement.dataset["theme"]
const [theme, setTheme] = createSignal<Theme>(stored === "light" || stored === "dark" ? stored : "system")
export { theme }

/** Kept in this browser; `theme.js` reads it before the first paint. */
export function chooseTheme(chosen: Theme): void {
  setTheme(chosen)
  if (chosen === "system") {
    delete document.documentElement.dataset["theme"]
    localStorage.removeItem("theme")
  } else {
    document.documentElement.dataset["theme"] = chosen
    localStorage.setItem("theme", chosen)
  }
}
