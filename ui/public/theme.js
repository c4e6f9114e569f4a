// Runs before the first paint, from a file, because the content policy allows no inline script.
try {
  const theme = localStorage.getItem("theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // Without storage the system's theme is used.
}
