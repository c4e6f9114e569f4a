import type { JSX } from "solid-js"
import FolderGit2 from "lucide-solid/icons/folder-git-2"
import { LinkButton } from "../../kit/button.tsx"
import { Card } from "../../kit/card.tsx"
import { Empty } from "../../kit/empty.tsx"
import { paths } from "../../paths.ts"

/** Projects there are, and in none may this person write. */
export function OnlyToRead(): JSX.Element {
  return (
    <Card>
      <Empty icon={FolderGit2} title="You only read here">
        A ticket is filed by members of its project. Ask an admin of the project for that role.
      </Empty>
    </Card>
  )
}

export function NoProject(): JSX.Element {
  return (
    <Card>
      <Empty
        icon={FolderGit2}
        title="First, a project"
        action={
          <LinkButton kind="primary" href={paths.newProject()}>
            Create a project
          </LinkButton>
        }
      >
        A ticket belongs to a project: it says which repository the change goes into.
      </Empty>
    </Card>
  )
}
