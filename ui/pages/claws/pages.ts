import Claws from "./claws.tsx"
import EditSchedule from "./edit-schedule.tsx"
import EditTemplate from "./edit-template.tsx"
import NewSchedule from "./new-schedule.tsx"
import NewTemplate from "./new-template.tsx"
import SchedulePage from "./schedule.tsx"
import TemplatePage from "./template.tsx"

/** One bundle for all of them: each lazy page by itself is a line of the first page's script, with the names of all its parts. */
export const PAGES = { Claws, NewTemplate, TemplatePage, EditTemplate, NewSchedule, SchedulePage, EditSchedule } as const
