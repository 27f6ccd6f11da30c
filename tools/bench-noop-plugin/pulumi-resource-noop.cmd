@node "%~dp0pulumi-resource-noop" %*
