// Promote data flows between environments with Pulumi: preview what changes inside a release, deploy it, roll it back.
package sluice
