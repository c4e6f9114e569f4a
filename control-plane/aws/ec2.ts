import { type Aws, element, elements } from "./client.ts"

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference: a form in, XML out; all of these only look.
const VERSION = "2016-11-15"

async function ask(aws: Aws, region: string, action: string, fields: Record<string, string>): Promise<string> {
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" }
  const body = new URLSearchParams({ Action: action, Version: VERSION, ...fields }).toString()
  return (await aws.send({ service: "ec2", action, region, asks: true, headers, body })).text
}

const numbered = (name: string, values: readonly string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, index) => [`${name}.${index + 1}`, value]))

/** The VPC of each subnet. Throws AwsError `not-found`, which names the one that does not exist. */
export async function vpcsOfSubnets(aws: Aws, region: string, ids: readonly string[]): Promise<string[]> {
  return vpcs(await ask(aws, region, "DescribeSubnets", numbered("SubnetId", ids)))
}

/** The VPC of each security group. Throws AwsError `not-found`. */
export async function vpcsOfSecurityGroups(aws: Aws, region: string, ids: readonly string[]): Promise<string[]> {
  return vpcs(await ask(aws, region, "DescribeSecurityGroups", numbered("GroupId", ids)))
}
const vpcs = (xml: string): string[] => [...new Set(elements(xml, "vpcId"))]

/**
 * How a subnet reaches the internet: through an internet gateway (then only with a public address), through something
 * else (NAT, a transit gateway, an appliance), or not at all. A subnet without a table of its own uses its VPC's main one.
 */
export async function wayOut(aws: Aws, region: string, subnetId: string, vpcId: string): Promise<"gateway" | "other" | "none"> {
  const own = await ask(aws, region, "DescribeRouteTables", { "Filter.1.Name": "association.subnet-id", "Filter.1.Value.1": subnetId })
  const tables =
    element(own, "routeTableId") === undefined
      ? await ask(aws, region, "DescribeRouteTables", {
          ...{ "Filter.1.Name": "vpc-id", "Filter.1.Value.1": vpcId },
          ...{ "Filter.2.Name": "association.main", "Filter.2.Value.1": "true" },
        })
      : own
  const route = tables
    .split("<item>")
    .find((item) => item.includes("<destinationCidrBlock>0.0.0.0/0<") && !item.includes("<state>blackhole<"))
  if (route === undefined) return "none"
  return (element(route, "gatewayId") ?? "").startsWith("igw-") ? "gateway" : "other"
}
