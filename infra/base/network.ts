import {
  DefaultSecurityGroup,
  Eip,
  InternetGateway,
  NatGateway,
  Route,
  RouteTable,
  RouteTableAssociation,
  SecurityGroup,
  Subnet,
  Vpc,
} from "@pulumi/aws/ec2/index.js"
import { namedBy } from "../tags.ts"
import type { BaseConfig } from "./config.ts"

const ANYWHERE = "0.0.0.0/0"
/** Two zones, each with a subnet for workers that have public addresses and one for those behind NAT. */
const ZONES = [
  { letter: "a", public: "10.0.1.0/24", private: "10.0.10.0/24" },
  { letter: "b", public: "10.0.2.0/24", private: "10.0.11.0/24" },
] as const

export type Network = ReturnType<typeof makeNetwork>

export function makeNetwork(config: BaseConfig) {
  const named = namedBy(config)
  const vpc = new Vpc("vpc", { cidrBlock: "10.0.0.0/16", enableDnsHostnames: true, enableDnsSupport: true, ...named("vpc") })
  // The one that everything gets that names no other: closed, so that nothing is open by having been forgotten.
  new DefaultSecurityGroup("default", { vpcId: vpc.id, ingress: [], egress: [], ...named("default-closed") })
  const gateway = new InternetGateway("gateway", { vpcId: vpc.id, ...named("gateway") })
  const publicTable = new RouteTable("public", { vpcId: vpc.id, ...named("public") })
  new Route("public", { routeTableId: publicTable.id, destinationCidrBlock: ANYWHERE, gatewayId: gateway.id })

  const subnet = (kind: "public" | "private", zone: (typeof ZONES)[number], table: RouteTable) => {
    const name = `${kind}-${zone.letter}`
    const made = new Subnet(name, {
      ...{ vpcId: vpc.id, cidrBlock: zone[kind], availabilityZone: `${config.region}${zone.letter}` },
      // A task asks for its address itself; nothing else in here is to have one.
      ...{ mapPublicIpOnLaunch: false, ...named(name) },
    })
    new RouteTableAssociation(name, { subnetId: made.id, routeTableId: table.id })
    return made
  }
  const publicSubnets = ZONES.map((zone) => subnet("public", zone, publicTable))
  const nats = makeNats(config, publicSubnets, gateway)
  const privateTables = ZONES.map(({ letter }, index) => {
    const table = new RouteTable(`private-${letter}`, { vpcId: vpc.id, ...named(`private-${letter}`) })
    const nat = nats[index] ?? nats[0]
    if (nat) new Route(`private-${letter}`, { routeTableId: table.id, destinationCidrBlock: ANYWHERE, natGatewayId: nat.id })
    return { zone: ZONES[index] ?? ZONES[0], table }
  })
  const privateSubnets = privateTables.map(({ zone, table }) => subnet("private", zone, table))
  const routeTables = [publicTable, ...privateTables.map(({ table }) => table)]
  return { vpc, publicSubnets, privateSubnets, routeTables, workerGroup: makeWorkerGroup(config, vpc) }
}

function makeNats({ network, ...config }: BaseConfig, publicSubnets: Subnet[], gateway: InternetGateway): NatGateway[] {
  if (network.mode === "public") return []
  const named = namedBy(config)
  return ZONES.slice(0, network.nat === "single" ? 1 : ZONES.length).flatMap(({ letter }, index) => {
    const subnet = publicSubnets[index]
    if (!subnet) return []
    const name = `nat-${letter}`
    const address = new Eip(name, { domain: "vpc", ...named(name) }, { dependsOn: [gateway] })
    return new NatGateway(name, { allocationId: address.id, subnetId: subnet.id, ...named(name) }, { dependsOn: [gateway] })
  })
}

/** Nothing comes in: a worker calls out, to the control plane, the forge and the model. */
function makeWorkerGroup(config: BaseConfig, vpc: Vpc): SecurityGroup {
  return new SecurityGroup("worker", {
    ...{ vpcId: vpc.id, name: `viberglass-${config.environment}-worker`, description: "Workers: nothing comes in" },
    ...{ ingress: [], egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: [ANYWHERE], description: "Workers call out" }] },
    ...namedBy(config)("worker"),
  })
}
