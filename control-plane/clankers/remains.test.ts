import { expect, it } from "vitest"
import { imageOnHost, madeInAws } from "./remains.ts"

it.each([
  ["nothing, when nothing was made", {}, []],
  [
    "a function",
    { functionArn: "arn:aws:lambda:eu-west-1:1:function:viberator-a", functionName: "viberator-a", version: "3" },
    ["The Lambda function arn:aws:lambda:eu-west-1:1:function:viberator-a with its versions stays in AWS."],
  ],
  [
    "a task definition with every revision",
    { taskDefinitionArn: "arn:aws:ecs:eu-west-1:1:task-definition/viberator-worker-a:7", family: "viberator-worker-a" },
    ["The task definition viberator-worker-a with its revisions stays in AWS."],
  ],
  ["an image", { hostId: "hst_1", hostName: "the shed", image: "worker:1" }, ["The image worker:1 stays on the host the shed."]],
])("a deleted clanker leaves %s", (_what, facts, sentences) => {
  expect([...madeInAws(facts), ...imageOnHost(facts)]).toEqual(sentences)
})
