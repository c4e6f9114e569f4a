import { Router } from "@solidjs/router"
import { render } from "solid-js/web"
import { routes } from "./routes.tsx"
import "./styles/base.css"

const root = document.getElementById("app")
if (root) render(() => <Router>{routes}</Router>, root)
