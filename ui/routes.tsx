import type { RouteDefinition, RouteSectionProps } from "@solidjs/router"
import { lazy } from "solid-js"
import ChartColumn from "lucide-solid/icons/chart-column"
import CircleDot from "lucide-solid/icons/circle-dot"
import AlarmClock from "lucide-solid/icons/alarm-clock"
import Bot from "lucide-solid/icons/bot"
import FolderGit2 from "lucide-solid/icons/folder-git-2"
import Gauge from "lucide-solid/icons/gauge"
import KeyRound from "lucide-solid/icons/key-round"
import MessageSquareText from "lucide-solid/icons/message-square-text"
import Play from "lucide-solid/icons/play"
import Server from "lucide-solid/icons/server"
import Settings from "lucide-solid/icons/settings"
import UsersIcon from "lucide-solid/icons/users"
import { hostsQuery } from "./api/hosts.ts"
import {
  clankerQuery,
  clankersQuery,
  dashboardQuery,
  jobQuery,
  jobsQuery,
  projectQuery,
  projectsQuery,
  ticketQuery,
} from "./api/queries.ts"
import { queryClient } from "./api/query-client.ts"
import { secretsQuery } from "./api/secrets.ts"
import type { PAGES as ClawPages } from "./pages/claws/pages.ts"
import { type NavGroup, Shell } from "./pages/shell/shell.tsx"
import { paths } from "./paths.ts"

/** What the sidebar and the palette offer. A page that does not exist yet is not offered. */
const NAV: readonly NavGroup[] = [
  {
    label: null,
    links: [
      { label: "Dashboard", href: paths.dashboard(), icon: Gauge, exact: true },
      { label: "Tickets", href: paths.tickets(), icon: CircleDot },
      { label: "Jobs", href: paths.jobs(), icon: Play },
      { label: "Claws", href: paths.claws(), icon: AlarmClock },
      { label: "Projects", href: paths.projects(), icon: FolderGit2 },
      { label: "Usage", href: paths.usage(), icon: ChartColumn },
    ],
  },
  {
    label: "Platform",
    links: [
      { label: "Clankers", href: paths.clankers(), icon: Bot },
      { label: "Hosts", href: paths.hosts(), icon: Server },
      { label: "Secrets", href: paths.secrets(), icon: KeyRound },
      { label: "Prompts", href: paths.prompts(), icon: MessageSquareText },
      { label: "Users", href: paths.users(), icon: UsersIcon },
      { label: "Settings", href: paths.settings(), icon: Settings },
    ],
  },
]

/** An empty parameter leads to the page's own "not found". */
const param = (value: string | undefined) => value ?? ""

type ClawPage = keyof typeof ClawPages
/** A page of claws; they come together. */
const claw = (name: ClawPage) => lazy(async () => ({ default: (await import("./pages/claws/pages.ts")).PAGES[name] }))
const CLAWS: RouteDefinition[] = [
  { path: "/claws", component: claw("Claws") },
  { path: "/claws/templates/new", component: claw("NewTemplate") },
  { path: "/claws/templates/:id", component: claw("TemplatePage") },
  { path: "/claws/templates/:id/edit", component: claw("EditTemplate") },
  { path: "/claws/schedules/new", component: claw("NewSchedule") },
  { path: "/claws/schedules/:id", component: claw("SchedulePage") },
  { path: "/claws/schedules/:id/edit", component: claw("EditSchedule") },
]

/** The whole site. A page asks for its data (`preload`) while its code is still on the way. */
export const routes: RouteDefinition[] = [
  { path: "/login", component: lazy(() => import("./pages/session/login.tsx")) },
  { path: "/api/docs", component: lazy(() => import("./pages/api-docs/api-docs.tsx")) },
  { path: "/setup", component: lazy(() => import("./pages/session/setup.tsx")) },
  {
    component: (props: RouteSectionProps) => <Shell nav={NAV}>{props.children}</Shell>,
    children: [
      {
        path: "/",
        component: lazy(() => import("./pages/dashboard/dashboard.tsx")),
        preload: () => void queryClient.prefetchQuery(dashboardQuery()),
      },
      {
        path: "/tickets",
        component: lazy(() => import("./pages/tickets/tickets.tsx")),
        preload: () => void queryClient.prefetchQuery(projectsQuery()),
      },
      {
        path: "/tickets/new",
        component: lazy(() => import("./pages/ticket-new/new-ticket.tsx")),
        preload: () => void queryClient.prefetchQuery(projectsQuery()),
      },
      {
        path: "/tickets/:key",
        component: lazy(() => import("./pages/ticket/ticket.tsx")),
        preload: ({ params }) => void queryClient.prefetchQuery(ticketQuery(param(params["key"]))),
      },
      {
        path: "/jobs",
        component: lazy(() => import("./pages/jobs/jobs.tsx")),
        preload: () => void queryClient.prefetchQuery(jobsQuery({ limit: 50 })),
      },
      {
        path: "/jobs/:id",
        component: lazy(() => import("./pages/job/job.tsx")),
        preload: ({ params }) => void queryClient.prefetchQuery(jobQuery(param(params["id"]))),
      },
      ...CLAWS,
      { path: "/audit", component: lazy(() => import("./pages/audit/audit.tsx")) },
      { path: "/usage", component: lazy(() => import("./pages/usage/usage.tsx")) },
      {
        path: "/projects",
        component: lazy(() => import("./pages/projects/projects.tsx")),
        preload: () => void queryClient.prefetchQuery(projectsQuery()),
      },
      { path: "/projects/new", component: lazy(() => import("./pages/projects/new-project.tsx")) },
      {
        path: "/projects/:id",
        component: lazy(() => import("./pages/projects/project.tsx")),
        preload: ({ params }) => void queryClient.prefetchQuery(projectQuery(param(params["id"]))),
      },
      {
        path: "/clankers",
        component: lazy(() => import("./pages/clankers/clankers.tsx")),
        preload: () => void queryClient.prefetchQuery(clankersQuery()),
      },
      { path: "/clankers/new", component: lazy(() => import("./pages/clankers/new-clanker.tsx")) },
      {
        path: "/clankers/:id",
        component: lazy(() => import("./pages/clankers/clanker.tsx")),
        preload: ({ params }) => void queryClient.prefetchQuery(clankerQuery(param(params["id"]))),
      },
      {
        path: "/clankers/:id/edit",
        component: lazy(() => import("./pages/clankers/edit-clanker.tsx")),
        preload: ({ params }) => void queryClient.prefetchQuery(clankerQuery(param(params["id"]))),
      },
      {
        path: "/hosts",
        component: lazy(() => import("./pages/hosts/hosts.tsx")),
        preload: () => void queryClient.prefetchQuery(hostsQuery()),
      },
      {
        path: "/secrets",
        component: lazy(() => import("./pages/secrets/secrets.tsx")),
        preload: () => void queryClient.prefetchQuery(secretsQuery()),
      },
      { path: "/prompts", component: lazy(() => import("./pages/prompts/prompts.tsx")) },
      { path: "/prompts/:key", component: lazy(() => import("./pages/prompts/prompt.tsx")) },
      { path: "/users", component: lazy(() => import("./pages/users/users.tsx")) },
      { path: "/settings", component: lazy(() => import("./pages/settings/settings.tsx")) },
      { path: "*", component: lazy(() => import("./pages/not-found.tsx")) },
    ],
  },
]
