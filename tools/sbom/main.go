// Command sbom writes a software bill of materials of Go binaries to its standard
// output, as one CycloneDX document (version 1.6):
//
//	sbom name path/to/binary ...
//
// It reads the modules from the binaries themselves, where the go command has
// written them with the hashes of go.sum. So it lists exactly what is deployed.
// Each module is listed once, and each binary depends on its modules. The
// document has no time and no random number, so the same binaries always give
// the same document.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

type document struct {
	BOMFormat    string       `json:"bomFormat"`
	SpecVersion  string       `json:"specVersion"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	PURL    string `json:"purl,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: sbom name binary ..."))
	}
	name := os.Args[1]
	d := document{
		BOMFormat: "CycloneDX", SpecVersion: "1.6", Version: 1,
		Metadata: metadata{component{Type: "application", Ref: name, Name: name}},
	}
	root := dependency{Ref: name}
	modules := map[string]component{}
	for _, path := range os.Args[2:] {
		file, dependencies, err := read(path, modules)
		if err != nil {
			fail(fmt.Errorf("%s: %w", path, err))
		}
		root.DependsOn = append(root.DependsOn, file.Ref)
		d.Components = append(d.Components, file)
		d.Dependencies = append(d.Dependencies, dependencies)
	}
	d.Dependencies = append(d.Dependencies, root)
	for _, m := range modules {
		d.Components = append(d.Components, m)
	}
	slices.SortFunc(d.Components, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	slices.SortFunc(d.Dependencies, func(a, b dependency) int { return strings.Compare(a.Ref, b.Ref) })
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(d); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "sbom:", err)
	os.Exit(1)
}

// read describes one binary and adds its modules to the map, with the standard
// library.
func read(path string, modules map[string]component) (component, dependency, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return component{}, dependency{}, err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return component{}, dependency{}, err
	}
	sum := sha256.Sum256(content)
	// SAM names every binary bootstrap, so take the name of the package.
	name := filepath.Base(info.Path)
	file := component{Type: "file", Ref: name, Name: name, Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}}
	dependencies := dependency{Ref: name}
	standardLibrary := &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	for _, m := range append(info.Deps, standardLibrary) {
		for m.Replace != nil {
			m = m.Replace
		}
		c := describe(m)
		modules[c.Ref] = c
		dependencies.DependsOn = append(dependencies.DependsOn, c.Ref)
	}
	slices.Sort(dependencies.DependsOn)
	return file, dependencies, nil
}

// describe returns a module with its package URL (github.com/package-url). The
// SHA-256 is the h1 hash of go.sum, which is a hash of the module's list of files.
func describe(m *debug.Module) component {
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	c := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
	if h1, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(h1) == sha256.Size {
		c.Hashes = []hash{{"SHA-256", hex.EncodeToString(h1)}}
	}
	return c
}
