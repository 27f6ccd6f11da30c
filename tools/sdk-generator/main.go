// Command sdk-generator writes the SDK of one language out of a Pulumi package schema, with Pulumi's own generators.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// The name that generated files give as their author.
const tool = "pulumi-sluice"

type generator func(*schema.Package) (map[string][]byte, error)

var generators = map[string]generator{
	"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
		return nodejs.GeneratePackage(tool, pkg, nil, nil, false, nil)
	},
	"python": func(pkg *schema.Package) (map[string][]byte, error) {
		return python.GeneratePackage(tool, pkg, nil, nil)
	},
	"go": func(pkg *schema.Package) (map[string][]byte, error) {
		return gogen.GeneratePackage(tool, pkg, nil)
	},
}

// A generator changes the package that it is given, so each binds one of its own.
func bind(schemaPath string) (*schema.Package, error) {
	text, err := os.ReadFile(schemaPath)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return nil, fmt.Errorf("%s is not a package schema: %w", schemaPath, err)
	}
	pkg, diagnostics, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
	if err != nil {
		return nil, err
	}
	if diagnostics.HasErrors() {
		return nil, fmt.Errorf("%s breaks the rules of package schemas: %w", schemaPath, diagnostics)
	}
	return pkg, nil
}

func write(folder string, files map[string][]byte) error {
	for name, content := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func run(arguments []string) error {
	if len(arguments) != 3 {
		return fmt.Errorf("usage: sdk-generator SCHEMA nodejs|python|go FOLDER")
	}
	generate, known := generators[arguments[1]]
	if !known {
		return fmt.Errorf("unknown language %q: nodejs, python and go are known", arguments[1])
	}
	pkg, err := bind(arguments[0])
	if err != nil {
		return err
	}
	files, err := generate(pkg)
	if err != nil {
		return fmt.Errorf("generating the %s SDK: %w", arguments[1], err)
	}
	return write(arguments[2], files)
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "sdk-generator: %v\n", err)
		os.Exit(1)
	}
}
