// What stands in for Pulumi's engine when its own Node runner starts a program, as `pulumi up` does: it says yes to everything.
// node infra/test/engine.mjs <stack> <settings as JSON> → one line of JSON: what was registered, exported and told.
import { spawn } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const pulumi = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"))
const { Server, ServerCredentials } = pulumi("@grpc/grpc-js")
const { Struct } = pulumi("google-protobuf/google/protobuf/struct_pb.js")
const { Empty } = pulumi("google-protobuf/google/protobuf/empty_pb.js")
const { ResourceMonitorService } = pulumi("./proto/resource_grpc_pb.js")
const resources = pulumi("./proto/resource_pb.js")
const { EngineService } = pulumi("./proto/engine_grpc_pb.js")
const engine = pulumi("./proto/engine_pb.js")

const [stack = "", settings = "{}"] = process.argv.slice(2)
const seen = { registered: [], exported: [], told: [], exitCode: null }
let root = ""

const answered = (message, fields) => {
  for (const [name, value] of Object.entries(fields)) message[`set${name}`](value)
  return message
}
const monitor = {
  supportsFeature: ({ request }, done) =>
    done(null, answered(new resources.SupportsFeatureResponse(), { Hassupport: request.getId() !== "outputValues" })),
  registerPackage: (_, done) => done(null, answered(new resources.RegisterPackageResponse(), { Ref: "package" })),
  registerResource({ request }, done) {
    const [type, name] = [request.getType(), request.getName()]
    if (type.startsWith("aws:")) seen.registered.push(`${type} ${name}`)
    const state = Struct.fromJavaScript({ ...request.getObject().toJavaScript(), arn: `arn:aws:x:::${name}` })
    const fields = { Urn: `urn:pulumi:dev::${stack}::${type}::${name}`, Id: `${name}-id`, Object: state }
    done(null, answered(new resources.RegisterResourceResponse(), fields))
  },
  registerResourceOutputs({ request }, done) {
    seen.exported = Object.keys(request.getOutputs().toJavaScript())
    done(null, new Empty())
  },
  invoke: (_, done) =>
    done(null, answered(new resources.ResourceInvokeResponse(), { Return: Struct.fromJavaScript({ accountId: "123456789012" }) })),
  signalAndWaitForShutdown: (_, done) => done(null, new Empty()),
}
const DEBUG = 0
const host = {
  log({ request }, done) {
    if (request.getSeverity() !== DEBUG) seen.told.push(request.getMessage())
    done(null, new Empty())
  },
  getRootResource: (_, done) => done(null, answered(new engine.GetRootResourceResponse(), { Urn: root })),
  setRootResource({ request }, done) {
    root = request.getUrn()
    done(null, new engine.SetRootResourceResponse())
  },
}

const server = new Server()
server.addService(ResourceMonitorService, monitor)
server.addService(EngineService, host)
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (_, port) => {
  const cwd = fileURLToPath(new URL(`../${stack}`, import.meta.url))
  const at = ["--monitor", `127.0.0.1:${port}`, "--engine", `127.0.0.1:${port}`]
  // As the language host calls it for `typescript: false`.
  const args = [pulumi.resolve("./cmd/run"), ...at, "--project", `viberglass-${stack}`, "--stack", "dev", "--pwd", cwd, "."]
  const env = { ...process.env, PULUMI_NODEJS_TYPESCRIPT: "false", PULUMI_CONFIG: settings, PULUMI_CONFIG_SECRET_KEYS: "[]" }
  spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "ignore", "inherit"] }).on("exit", (code) => {
    process.stdout.write(JSON.stringify({ ...seen, exitCode: code }))
    server.forceShutdown()
  })
})
