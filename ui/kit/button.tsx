import { createUniqueId, type JSX, Show, splitProps } from "solid-js"
import { Dynamic } from "solid-js/web"
import LoaderCircle from "lucide-solid/icons/loader-circle"
import type { Icon } from "./icon.ts"
import "./button.css"

export type ButtonKind = "primary" | "plain" | "quiet" | "danger"
interface Look {
  kind?: ButtonKind | undefined
  size?: "s" | "m" | undefined
  icon?: Icon | undefined
  children: JSX.Element
}
type ButtonProps = Look & {
  type?: "button" | "submit" | undefined
  onClick?: ((event: MouseEvent) => void) | undefined
  /** At work: shown, and further clicks do nothing. */
  busy?: boolean | undefined
  /** Why the button cannot be used now; it stays reachable by keyboard, and says so. */
  disabledReason?: string | null | undefined
  form?: string | undefined
  autofocus?: boolean | undefined
  popoverTarget?: string | undefined
  expanded?: boolean | undefined
}

export function Button(props: ButtonProps): JSX.Element {
  const hintId = createUniqueId()
  const blocked = () => props.busy === true || Boolean(props.disabledReason)
  const press = (event: MouseEvent) => {
    if (blocked()) return event.preventDefault()
    props.onClick?.(event)
  }
  const button = (
    <button
      class="button"
      type={props.type ?? "button"}
      form={props.form}
      autofocus={props.autofocus}
      data-kind={props.kind ?? "plain"}
      data-size={props.size ?? "m"}
      aria-disabled={blocked() || undefined}
      aria-busy={props.busy || undefined}
      aria-expanded={props.expanded}
      aria-describedby={props.disabledReason ? hintId : undefined}
      title={props.disabledReason ?? undefined}
      popovertarget={props.popoverTarget}
      onClick={press}
    >
      <Inside icon={props.busy ? LoaderCircle : props.icon} turning={props.busy}>
        {props.children}
      </Inside>
    </button>
  )
  return (
    <span class="button-place" data-explained={props.disabledReason ? "" : undefined}>
      {button}
      <Show when={props.disabledReason}>
        <small id={hintId} class="button-reason">
          {props.disabledReason}
        </small>
      </Show>
    </span>
  )
}

/** A link that looks like a button: for going somewhere, not for doing something. */
export function LinkButton(props: Look & { href: string; external?: boolean | undefined }): JSX.Element {
  return (
    <a
      class="button"
      href={props.href}
      data-kind={props.kind ?? "plain"}
      data-size={props.size ?? "m"}
      {...(props.external ? { target: "_blank", rel: "noreferrer" } : {})}
    >
      <Inside icon={props.icon}>{props.children}</Inside>
    </a>
  )
}

type IconButtonProps = Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "children" | "title" | "aria-label"> & {
  icon: Icon
  label: string
  size?: "s" | "m" | undefined
}

export function IconButton(props: IconButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, ["icon", "label", "size"])
  return (
    <button
      type="button"
      class="button"
      data-kind="quiet"
      data-size={own.size ?? "m"}
      data-square
      aria-label={own.label}
      title={own.label}
      {...rest}
    >
      <Dynamic component={own.icon} size={16} aria-hidden="true" />
    </button>
  )
}

function Inside(props: { icon?: Icon | undefined; turning?: boolean | undefined; children: JSX.Element }): JSX.Element {
  return (
    <>
      <Show when={props.icon}>
        {(icon) => <Dynamic component={icon()} size={16} aria-hidden="true" data-turning={props.turning ? "" : undefined} />}
      </Show>
      {props.children}
    </>
  )
}
