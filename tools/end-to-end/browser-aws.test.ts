import type { Browser, Locator, Page } from "playwright-core"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import type { Clanker } from "#contract/clankers.ts"
import type { Job } from "#contract/jobs.ts"
import type { Ticket } from "#contract/tickets.ts"
import { ECS, hasMoto, NO_MOTO } from "../../testbed/aws.ts"
import { controlPlanePolicy } from "../../testbed/aws-policies.ts"
import { type AwsRig, startAwsRig } from "../aws-rig.ts"
import { logIn, openContext, startBrowser } from "../browser.ts"
import { looksRight } from "./looks-right.ts"

// An admin and AWS, in Chromium: what the control plane may do there, clankers on ECS and Lambda from form to removal.

let rig: AwsRig
let browser: Browser
let page: Page
let complaints: string[]
const at = (path: string) => rig.control.url + path
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" })
const dialog = () => page.getByRole("dialog")
const card = (name: string) => page.locator("section.card", { has: page.getByRole("heading", { level: 2, name, exact: true }) })
const field = (label: string) => page.getByLabel(label).first()
const steps = () => page.getByRole("list", { name: "Deployment steps" }).getByRole("listitem")
const read = (slug: string) => rig.api.get<Clanker>(`/api/clankers/${slug}`)

beforeAll(async () => {
  if (!hasMoto) return
  rig = await startAwsRig({ images: true })
  browser = await startBrowser()
  const opened = await openContext(browser, { viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" })
  complaints = opened.complaints
  page = await opened.context.newPage()
  page.setDefaultTimeout(20_000)
  await logIn(page, rig.control.url, rig.admin)
  complaints.length = 0
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await rig?.close()
})

/** What a definition list says under a term. */
const fact = (within: Page | Locator, term: string) =>
  within.getByRole("definition").filter({ has: page.locator(`xpath=preceding-sibling::dt[.="${term}"]`) })

async function fillNew(name: string, strategy: string): Promise<void> {
  await page.goto(at("/clankers/new"))
  await page.getByLabel("Name", { exact: true }).fill(name)
  await page.getByRole("radio", { name: new RegExp(`^${strategy}`) }).check()
}

describe("against moto", () => {
  beforeEach(({ skip }) => skip(!hasMoto, NO_MOTO))

  it("an admin checks what the control plane may see, and reads which action lacks", async () => {
    await page.goto(at("/settings"))
    const aws = page.getByRole("status", { name: "Result of the check" })
    await page.getByText("By a stored access key").waitFor()
    await button("Check AWS access").focus()
    await page.keyboard.press("Enter")
    await aws.getByText("Nothing stands in the way.").waitFor()
    await page
      .getByText(/user\/control-plane$/)
      .first()
      .waitFor()
    const line = (name: string) => aws.getByRole("listitem").filter({ hasText: name })
    await line("Cluster").getByText("Ready", { exact: true }).waitFor()
    await looksRight(page, "settings after a check")
    await rig.aws.setPolicy("control-plane", controlPlanePolicy("ecs:DescribeClusters"))
    await button("Check AWS access").click()
    await line("Cluster").getByText("Denied", { exact: true }).waitFor()
    await line("Cluster")
      .getByText(/ecs:DescribeClusters/)
      .waitFor()
    await aws.getByText(/stands? in the way/).waitFor()
    await rig.aws.setPolicy("control-plane", controlPlanePolicy())
    await looksRight(page, "settings with a right that lacks")
    // What an empty field falls back to, and what there is not.
    await page.getByText(rig.aws.made.clusterArn).first().waitFor()
    await page.getByText("Not set: functions lie outside a VPC").waitFor()
  })

  it("who is no admin sees what clankers fall back to, and why they may not ask AWS", async () => {
    const [email, password] = ["grace@example.test", "a password of ten"]
    await rig.api.post("/api/users", { name: "Grace", email, role: "member", password })
    const { context } = await openContext(browser, { reducedMotion: "reduce" })
    const hers = await context.newPage()
    await logIn(hers, rig.control.url, { email, password })
    await hers.goto(at("/settings"))
    const check = hers.getByRole("button", { name: "Check AWS access" })
    await expect.poll(() => check.getAttribute("aria-disabled")).toBe("true")
    await hers.getByText(rig.aws.made.taskRoleArn).waitFor()
    await hers.goto(at("/clankers/new"))
    await expect.poll(() => hers.getByLabel("Image URI").getAttribute("placeholder")).toBe(rig.aws.made.image)
    await context.close()
  })

  it("an ECS clanker that says nothing shows what it falls back to, and starts step by step", async () => {
    await fillNew("Nothing said", "AWS ECS")
    await expect.poll(() => field("Cluster").getAttribute("placeholder")).toBe(rig.aws.made.clusterArn)
    await expect.poll(() => field("Container image").getAttribute("placeholder")).toBe(rig.aws.made.image)
    await expect.poll(() => field("Subnets").getAttribute("placeholder")).toBe(rig.aws.made.subnetIds.join("\n"))
    expect(await field("Cluster").inputValue()).toBe("")
    expect(await page.getByText(/From this installation/).count()).toBeGreaterThanOrEqual(4)
    await page.getByText("From this installation: viberglass-local-worker.").waitFor()
    await page.getByText("More settings").click()
    await page.getByRole("option", { name: "Default: yes" }).waitFor({ state: "attached" })
    await field("Subnets").fill("subnet-...")
    await page.getByText(/A start would refuse it: "subnet-..." is not subnet-/).waitFor()
    await page.getByText("A start still needs: Subnets.").waitFor()
    await field("Subnets").fill("")
    await page.getByText("A start still needs").waitFor({ state: "detached" })
    await looksRight(page, "the form of a clanker on ECS")
    await button("Create clanker").click()
    await page.getByRole("heading", { level: 1, name: "Nothing said" }).waitFor()
    // Nothing of it was saved as if the clanker had said it.
    expect((await read("nothing-said")).deploymentConfig).not.toHaveProperty("cluster")
    await fact(card("Configuration"), "Cluster").getByText("from this installation").waitFor()
    await fact(card("Configuration"), "CPU units").getByText("default").waitFor()

    await rig.aws.fault({ action: "RegisterTaskDefinition", status: 503, body: { __type: "ServiceUnavailableException" }, times: 1 })
    await button("Start").click()
    await steps().filter({ hasText: "Check cluster" }).waitFor()
    // A wait says why, and nobody reloads.
    await steps()
      .filter({ hasText: "Register task definition" })
      .getByText(/could not carry out ecs:RegisterTaskDefinition/)
      .waitFor()
    await page.getByText("Jobs use revision 1").waitFor()
    expect(await steps().allTextContents()).toEqual(
      ["check cluster", "check network", "check image", "register task definition"].map((name) =>
        expect.stringMatching(new RegExp(`^${name}: done`, "i")),
      ),
    )
    const { clusterArn } = rig.aws.made
    for (const [term, value] of [
      ["Cluster ARN", clusterArn],
      ["Family", "viberator-worker-nothing-said"],
      ["Revision", "1"],
      ["Status", "Active"],
      ["CPU", "1 vCPU"],
      ["Memory", "2 GiB"],
      ["Launch type", "Fargate"],
      ["Log group", "/ecs/viberglass-local-worker"],
      ["Image by", "Digest: always the same"],
    ] as const)
      expect(await fact(card("Deployment"), term).innerText()).toContain(value)
    await fact(card("Deployment"), "Registered").getByRole("time").waitFor()
    await fact(card("Deployment"), "Task definition ARN").getByRole("button", { name: "Copy task definition arn" }).waitFor()
    const console = page.getByRole("navigation", { name: "In the AWS console" }).first()
    expect(await console.getByRole("link").allInnerTexts()).toEqual(
      ["Cluster", "Task definition", "Logs"].map((name) => expect.stringContaining(name)),
    )
    expect(await console.getByRole("link", { name: "Task definition" }).getAttribute("href")).toBe(
      "https://eu-central-1.console.aws.amazon.com/ecs/v2/task-definitions/viberator-worker-nothing-said/1/containers?region=eu-central-1",
    )
    await looksRight(page, "a clanker on ECS")
  })

  it("asks AWS again, and says in a sentence what it cannot see or what is gone", async () => {
    await page.goto(at("/clankers/nothing-said"))
    await rig.aws.setPolicy("control-plane", controlPlanePolicy("ecs:DescribeTaskDefinition"))
    await button("Ask AWS again").click()
    await card("Deployment")
      .getByRole("alert")
      .getByText(/does not allow ecs:DescribeTaskDefinition/)
      .waitFor()
    await rig.aws.setPolicy("control-plane", controlPlanePolicy())
    const { deployment } = await read("nothing-said")
    await rig.aws.json("ecs", ECS("DeregisterTaskDefinition"), { taskDefinition: deployment?.facts["taskDefinitionArn"] })
    await button("Ask AWS again").click()
    await fact(card("Deployment"), "Status").getByText("Deregistered").waitFor()
    await card("Deployment").getByText("The task definition is gone or deregistered.").waitFor()
    await button("Start again").click()
    await fact(card("Deployment"), "Revision").getByText("2").waitFor()
  })

  it("says at the step why AWS refuses a start, and where that is mended", async () => {
    await page.goto(at("/clankers/nothing-said/edit"))
    await field("Subnets").fill("subnet-0123456789abcdef0")
    await button("Save changes").click()
    await page.getByText("jobs use revision 1 until it is started again").waitFor()
    await button("Start again").click()
    const failed = steps().filter({ hasText: "Check network: failed" })
    await failed.getByText(/subnet-0123456789abcdef0/).waitFor()
    const notice = page.getByRole("alert").filter({ hasText: "The last start failed" })
    await notice.getByText("Look at subnets, security groups and public IP address in the clanker’s form").waitFor()
    await notice.getByText("Revision 1 goes on serving jobs as before.").waitFor()
    await notice.getByRole("link", { name: "Edit the clanker" }).waitFor()
    await looksRight(page, "a start that AWS refused")
    await button("Go back to revision 1").click()
    await page.getByText("Active", { exact: true }).first().waitFor()
    await page.getByText("Jobs use revision 1", { exact: true }).waitFor()
  })

  it("a Lambda clanker shows its version, and what serves after going back", { timeout: 60_000 }, async () => {
    await fillNew("Short jobs", "AWS Lambda")
    await expect.poll(() => field("Image URI").getAttribute("placeholder")).toBe(rig.aws.made.image)
    await page.getByText("Empty: no VPC.").first().waitFor()
    await looksRight(page, "the form of a clanker on Lambda")
    await button("Create clanker").click()
    await button("Start").click()
    await page.getByText("Jobs use revision 1").waitFor()
    const { slug, id } = await read("short-jobs")
    const deployment = card("Deployment")
    for (const [term, value] of [
      ["Name", `viberator-${slug}-${id.slice(-8)}`],
      ["Alias", "live"],
      ["Version", "1"],
      ["State", "Active"],
      ["Timeout", "15 minutes"],
      ["Memory", "3008 MB"],
      ["Log group", "/aws/lambda/viberglass-local-worker"],
      ["Retries by AWS", "None"],
    ] as const)
      expect(await fact(deployment, term).innerText()).toContain(value)
    await looksRight(page, "a clanker on Lambda")
    await rig.api.patch(`/api/clankers/${id}`, { deploymentConfig: { computeType: "lambda", memorySize: 2048 } })
    await button("Start again").click()
    await fact(deployment, "Version").getByText("2", { exact: true }).waitFor()
    expect(await fact(deployment, "Former version").innerText()).toBe("1")
    await button("Go back to revision 1").click()
    await page.getByText("Jobs use revision 1", { exact: true }).waitFor()
    expect(await fact(deployment, "Memory").innerText()).toBe("3008 MB")
  })

  it("a job's page leads to its task and its log", { timeout: 90_000 }, async () => {
    const { project } = await rig.prepare(
      { repository: "acme/seen", project: "Seen" },
      { clanker: { name: "Seen", deploymentConfig: { computeType: "ecs" } } },
    )
    const { id } = await rig.api.post<Ticket>("/api/tickets", { projectId: project.id, title: "Umlauts", description: "`npm test` fails." })
    const { job } = await rig.api.post<{ job: Job }>(`/api/tickets/${id}/phases/research/runs`, {})
    await page.goto(at(`/jobs/${job.id}`))
    const console = page.getByRole("navigation", { name: "In the AWS console" })
    await console.getByRole("link", { name: "Task" }).waitFor()
    expect(await console.getByRole("link", { name: "Task" }).getAttribute("href")).toMatch(
      /\/clusters\/viberglass-local-worker\/tasks\/[0-9a-f]{32}\//,
    )
    expect(await console.getByRole("link", { name: "Log" }).getAttribute("href")).toMatch(
      /\/log-events\/viberator-worker-seen\$252Fworker\$252F[0-9a-f]{32}$/,
    )
    expect(await rig.api.follow(job.id)).toMatchObject({ status: "succeeded" })
    await looksRight(page, "a job on ECS")
  })

  it("deactivated and deleted it says what stays in AWS, and where", async () => {
    await page.goto(at("/clankers/short-jobs"))
    await button("Deactivate").click()
    await dialog()
      .getByText(/the function viberator-short-jobs-\w+ with its versions/)
      .waitFor()
    await dialog().getByRole("link", { name: "Function" }).waitFor()
    await looksRight(page, "deactivating a clanker on Lambda")
    await dialog().getByRole("button", { name: "Deactivate" }).click()
    await page.getByText("It takes no jobs: a ticket").waitFor()
    await fact(card("Deployment"), "Name").waitFor()
    await page.goto(at("/clankers/nothing-said"))
    await button("Delete").click()
    await dialog().getByText("the task definition viberator-worker-nothing-said with its revisions").waitFor()
    await dialog().getByRole("link", { name: "Task definition" }).waitFor()
    await dialog().getByRole("button", { name: "Delete clanker" }).click()
    await page.getByText(/The task definition viberator-worker-nothing-said with its revisions stays in AWS\./).waitFor()
    // The browser itself notes what was refused on purpose.
    expect(complaints.filter((text) => !/status of (422|502)/.test(text))).toEqual([])
  })
})
