import { Index, type JSX, Show } from "solid-js"
import Plus from "lucide-solid/icons/plus"
import Trash from "lucide-solid/icons/trash"
import type { AgentSlug } from "#contract/agents.ts"
import { type Clanker, FILE_LIMITS } from "#contract/clankers.ts"
import type { ConfigFile } from "../../api/clankers.ts"
import { Button } from "../../kit/button.tsx"
import { FileButton, type ReadFile } from "../../kit/file-button.tsx"
import { FieldGroup } from "../../kit/form.tsx"
import { Notice } from "../../kit/notice.tsx"
import { ShortList } from "../../kit/short-list.tsx"
import { TextArea } from "../../kit/text-area.tsx"
import { TextField } from "../../kit/text-field.tsx"
import { bytes } from "../../parts/bytes.ts"
import { type FilesDraft, filesOf, freeSkillPath, skillPathError } from "./draft.ts"
import "./files-fields.css"

const MARKDOWN = ".md,text/markdown"

interface FilesFieldsProps {
  agent: AgentSlug
  files: FilesDraft
  onChange: (files: FilesDraft) => void
  errorAt: (path: string) => string | null
}

/** AGENTS.md and skills: dropped where the agent looks for them before it starts. */
export function FilesFields(props: FilesFieldsProps): JSX.Element {
  const change = (changes: Partial<FilesDraft>) => props.onChange({ ...props.files, ...changes })
  const errorOf = (path: string) => {
    const at = filesOf(props).findIndex((file) => file.path === path)
    return at === -1 ? null : props.errorAt(`files.${at}`)
  }
  return (
    <div class="stack">
      <div class="file-field">
        <TextArea
          label="AGENTS.md"
          code
          optional
          rows={7}
          hint="What the agent should know on every job: conventions, commands, taboos. Empty: no such file."
          value={props.files.agentsMd}
          onInput={(agentsMd) => change({ agentsMd })}
          error={errorOf("AGENTS.md")}
        />
        <FileButton accept={MARKDOWN} onFiles={([file]) => file && change({ agentsMd: file.text })}>
          Upload .md
        </FileButton>
      </div>
      <Skills skills={props.files.skills} onChange={(skills) => change({ skills })} errorOf={errorOf} />
      {/* Another agent ignores it, but what is stored must be seen to be taken away. */}
      <Show when={props.agent === "opencode" || props.files.opencodeJson !== ""}>
        <TextArea
          label="opencode.json"
          code
          optional
          rows={5}
          hint="OpenCode’s own configuration file. Empty: no such file."
          value={props.files.opencodeJson}
          onInput={(opencodeJson) => change({ opencodeJson })}
          error={errorOf("opencode.json")}
        />
      </Show>
      <Show when={props.errorAt("files")}>{(error) => <Notice tone="bad">Files: {error()}</Notice>}</Show>
    </div>
  )
}

function Skills(props: {
  skills: readonly ConfigFile[]
  onChange: (skills: ConfigFile[]) => void
  errorOf: (path: string) => string | null
}): JSX.Element {
  const add = (files: readonly ReadFile[]) =>
    props.onChange(
      files.reduce<ConfigFile[]>(
        (skills, { name, text }) => [...skills, { path: freeSkillPath(name, skills), content: text }],
        [...props.skills],
      ),
    )
  const edit = (at: number, changes: Partial<ConfigFile>) =>
    props.onChange(props.skills.map((skill, index) => (index === at ? { ...skill, ...changes } : skill)))
  const full = () => (props.skills.length >= FILE_LIMITS.count - 1 ? `At most ${FILE_LIMITS.count} files.` : null)
  return (
    <FieldGroup legend="Skill files (skills/)" hint="Markdown that the agent reads when it needs it. Every path lies under skills/.">
      <Index each={props.skills}>
        {(skill, index) => (
          <div class="skill">
            <div class="skill-head">
              <TextField
                label={`Path of skill ${index + 1}`}
                code
                required
                spellcheck={false}
                placeholder="skills/review.md"
                value={skill().path}
                onInput={(path) => edit(index, { path })}
                error={skillPathError(skill().path, props.skills) ?? props.errorOf(skill().path)}
              />
              <Button icon={Trash} onClick={() => props.onChange(props.skills.filter((_, at) => at !== index))}>
                Remove
              </Button>
            </div>
            <TextArea
              label={`Content of skill ${index + 1}`}
              code
              rows={5}
              value={skill().content}
              onInput={(content) => edit(index, { content })}
            />
          </div>
        )}
      </Index>
      <div class="row">
        <FileButton accept={MARKDOWN} multiple onFiles={add}>
          Upload .md Files
        </FileButton>
        <Button size="s" icon={Plus} onClick={() => add([{ name: "skill", text: "" }])} disabledReason={full()}>
          Add Skill
        </Button>
      </div>
    </FieldGroup>
  )
}

export function FileNames(props: { files: Clanker["files"] }): JSX.Element {
  return (
    <ShortList items={props.files}>
      {(file) => (
        <>
          <code>{file.path}</code> <span class="soft small numbers">{bytes(file.size)}</span>
        </>
      )}
    </ShortList>
  )
}
