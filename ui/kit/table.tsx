import { createEffect, For, type JSX, Show } from "solid-js"
import "./table.css"

export interface Column<T> {
  header: string
  cell: (row: T) => JSX.Element
  /** Numbers and times read best at the end. */
  align?: "start" | "end" | undefined
  /** Columns that a narrow screen does without. */
  hideWhen?: "narrow" | "medium" | undefined
  /** Takes the room that is left. */
  grow?: boolean | undefined
  headerHidden?: boolean | undefined
}
/** Rows that can be ticked, one by one or all that are shown. */
export interface Selection<T> {
  isSelected: (row: T) => boolean
  onSelect: (rows: readonly T[], selected: boolean) => void
  /** Names a row for who does not see it: "Select WEB-3". */
  label: (row: T) => string
  /** The same for all of them: "Select all tickets on this page". */
  allLabel: string
}
interface TableProps<T> {
  /** What the table lists, for readers that cannot see it. */
  label: string
  columns: readonly Column<T>[]
  rows: readonly T[]
  /** Where a row leads: the whole row is a target, its first cell carries the link (`data-row-link` on it for `j`/`k`). */
  href?: ((row: T) => string) | undefined
  select?: Selection<T> | undefined
}

export function Table<T>(props: TableProps<T>): JSX.Element {
  return (
    <div class="table-frame">
      <table class="table" aria-label={props.label} data-linked={props.href ? "" : undefined}>
        <thead>
          <tr>
            <Show when={props.select}>{(select) => <SelectAll rows={props.rows} select={select()} />}</Show>
            <For each={props.columns}>
              {(column) => (
                <th scope="col" data-align={column.align} data-hide={column.hideWhen} data-grow={column.grow ? "" : undefined}>
                  <span classList={{ "visually-hidden": column.headerHidden === true }}>{column.header}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr data-selected={props.select?.isSelected(row) ? "" : undefined}>
                <Show when={props.select}>
                  {(select) => (
                    <td class="row-check">
                      <Tick
                        label={select().label(row)}
                        checked={select().isSelected(row)}
                        onChange={(checked) => select().onSelect([row], checked)}
                      />
                    </td>
                  )}
                </Show>
                <For each={props.columns}>
                  {(column, index) => (
                    <td data-align={column.align} data-hide={column.hideWhen} data-grow={column.grow ? "" : undefined}>
                      <Show when={index() === 0 && props.href} fallback={column.cell(row)}>
                        {(href) => (
                          <a class="row-link" data-row-link href={href()(row)}>
                            {column.cell(row)}
                          </a>
                        )}
                      </Show>
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  )
}

function SelectAll<T>(props: { rows: readonly T[]; select: Selection<T> }): JSX.Element {
  const selected = () => props.rows.filter((row) => props.select.isSelected(row)).length
  return (
    <th scope="col" class="row-check">
      <Tick
        label={props.select.allLabel}
        checked={selected() > 0 && selected() === props.rows.length}
        partly={selected() > 0 && selected() < props.rows.length}
        onChange={(checked) => props.select.onSelect(props.rows, checked)}
      />
    </th>
  )
}

/** The label around it makes the whole cell a target. */
function Tick(props: { label: string; checked: boolean; partly?: boolean; onChange: (checked: boolean) => void }): JSX.Element {
  let box: HTMLInputElement | undefined
  // No attribute says this, only the property.
  createEffect(() => {
    if (box) box.indeterminate = props.partly === true
  })
  return (
    <label>
      <input
        ref={box}
        type="checkbox"
        aria-label={props.label}
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
    </label>
  )
}
