@node "%~dp0pulumi-resource-sluice" %*
