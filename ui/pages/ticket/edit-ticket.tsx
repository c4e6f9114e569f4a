import { createSignal, type JSX, Show } from "solid-js"
import { SEVERITIES, type Ticket } from "#contract/tickets.ts"
import { editTicket } from "../../api/actions.ts"
import { Button } from "../../kit/button.tsx"
import { Dialog } from "../../kit/dialog.tsx"
import { Notice } from "../../kit/notice.tsx"
import { Select } from "../../kit/select.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { attachmentUrl } from "../../api/attachments.ts"
import { namesOf, referenceTo } from "../../parts/chosen-files.ts"
import { filesByName } from "../../parts/file-names.ts"
import { toList } from "../../parts/lists.ts"
import { MarkdownField } from "../../parts/markdown-field.tsx"
import { createSubmit } from "../../parts/submit.ts"
import { uploadsOf } from "../../parts/uploads.ts"
import { SEVERITY_WORDS } from "../../parts/words.ts"

export function EditTicket(props: { ticket: Ticket; onClose: () => void }): JSX.Element {
  const { ticket } = props
  const uploads = uploadsOf(ticket)
  const [title, setTitle] = createSignal(ticket.title)
  const [description, setDescription] = createSignal(ticket.description)
  const [severity, setSeverity] = createSignal(ticket.severity)
  const [category, setCategory] = createSignal(ticket.category)
  const [labels, setLabels] = createSignal(ticket.labels.join(", "))
  const submit = createSubmit(
    () =>
      editTicket(ticket.id, {
        title: title().trim(),
        description: description(),
        severity: severity(),
        category: category().trim(),
        labels: toList(labels()),
      }),
    ["title", "description", "category", "labels"],
  )
  const save = async () => {
    if (await submit.run()) props.onClose()
  }
  return (
    <Dialog
      open
      size="l"
      title={`Edit ${ticket.key}`}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>Discard</Button>
          <Button kind="primary" busy={submit.busy()} onClick={() => void save()}>
            Save
          </Button>
        </>
      }
    >
      <TextField label="Title" maxLength={500} value={title()} onInput={setTitle} error={submit.fieldError("title")} />
      <MarkdownField
        label="Description"
        rows={10}
        value={description()}
        onInput={setDescription}
        error={submit.fieldError("description")}
        onFiles={(files) => uploads.add(files, namesOf(props.ticket)).map(referenceTo)}
        files={filesByName(props.ticket.attachments, (id) => attachmentUrl(ticket.id, id), uploads.items)}
      />
      <Select
        label="Severity"
        value={severity()}
        options={SEVERITIES.map((value) => ({ value, label: SEVERITY_WORDS[value] }))}
        onChange={setSeverity}
      />
      <TextField label="Category" maxLength={100} value={category()} onInput={setCategory} error={submit.fieldError("category")} />
      <TextField
        label="Labels"
        optional
        hint="Separated by commas."
        value={labels()}
        onInput={setLabels}
        error={submit.fieldError("labels")}
      />
      <Show when={submit.problem()}>{(problem) => <Notice tone="bad">{problem()}</Notice>}</Show>
    </Dialog>
  )
}
