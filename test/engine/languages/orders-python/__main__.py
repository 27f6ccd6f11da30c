import pulumi
import pulumi_sluice as sluice

config = pulumi.Config()
settings = pulumi.Config("sluice")
prod = sluice.Provider(
    "prod",
    endpoint=settings.require("endpoint"),
    token=settings.require_secret("token"),
)
on_prod = pulumi.ResourceOptions(provider=prod)

warehouse = sluice.Connection(
    "warehouse",
    name="warehouse",
    vendor="postgres",
    host="db.example.com",
    credentials={"username": "loader", "password": config.require_secret("password")},
    opts=on_prod,
)
orders = sluice.Deployment("orders", name="orders", opts=on_prod)
connection_rule = sluice.ConnectionRuleArgs(
    on=sluice.ConnectionConditionArgs(uuid="a7d6b1c0-0b52-11ef-8c55-0242ac120002"),
    with_=warehouse.connection_id,
)
rules = sluice.ImportRules(
    "orders",
    deployment_id=orders.deployment_id,
    connections=[connection_rule],
    values=[{"type": "s3Bucket", "on": "acme-dev", "with_": "acme-prod"}],
    opts=on_prod,
)
release = sluice.Release(
    "orders",
    deployment_id=orders.deployment_id,
    package="orders-1.0.0.zip",
    rules={"connections": rules.connections, "values": rules.values},
    notes="orders 1.0.0",
    opts=on_prod,
)
sluice.Schedule(
    "nightly",
    deployment_id=release.deployment_id,
    name="nightly",
    triggers=[{"daily": {"hour_of_day": 2, "minute_of_hour": 0}, "timezone": "Europe/Berlin"}],
    opts=on_prod,
)

# Arguments of a function are not translated when they are a resource's outputs: `with_` would not become `with`.
inspected = sluice.inspect_package_output(
    package=pulumi.FileAsset("orders-1.0.0.zip"),
    rules=sluice.RuleSetArgs(
        connections=[connection_rule],
        values=[sluice.ValueRuleArgs(type="s3Bucket", on="acme-dev", with_="acme-prod")],
    ),
    opts=pulumi.InvokeOutputOptions(provider=prod),
)
found = sluice.get_release_output(
    id=release.release_id, opts=pulumi.InvokeOutputOptions(provider=prod)
)
pulumi.export("releaseId", release.release_id)
pulumi.export("action", release.action)
pulumi.export("contentDigest", release.content_digest)
pulumi.export("sameContent", inspected.content_digest)
pulumi.export("notes", found.notes)
