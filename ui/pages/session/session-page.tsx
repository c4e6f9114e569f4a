import { createEffect, type JSX } from "solid-js"
import "./session-page.css"

/** The frame of pages for people who are not signed in. */
export function SessionPage(props: { title: string; children: JSX.Element }): JSX.Element {
  createEffect(() => {
    document.title = `${props.title} · Viberglass`
  })
  return (
    <main class="session">
      <div class="session-box">
        <img src="/favicon.svg" alt="" width="40" height="40" />
        <h1>{props.title}</h1>
        {props.children}
      </div>
    </main>
  )
}
