// Command sbom writes what Go binaries are made of as one CycloneDX document
// (version 1.6) to its standard output:
//
//	sbom name path/to/binary ...
//
// It takes the modules from the binaries themselves, where the Go command has
// written them down with the hashes of go.sum, so it lists what is deployed and
// nothing else. Each binary depends on its modules; those stand there once. The
// document has no time and no random number: the same binaries give the same.
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
	top := dependency{Ref: name}
	modules := map[string]component{}
	for _, path := range os.Args[2:] {
		file, links, err := read(path, modules)
		if err != nil {
			fail(fmt.Errorf("%s: %w", path, err))
		}
		top.DependsOn = append(top.DependsOn, file.Ref)
		d.Components = append(d.Components, file)
		d.Dependencies = append(d.Dependencies, links)
	}
	d.Dependencies = append(d.Dependencies, top)
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

// read describes one binary and adds its modules, the standard library among
// them.
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
	// SAM names every binary bootstrap: the package's folder tells them apart.
	name := filepath.Base(info.Path)
	file := component{Type: "file", Ref: name, Name: name, Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}}
	links := dependency{Ref: name}
	standard := &debug.Module{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}
	for _, m := range append(info.Deps, standard) {
		for m.Replace != nil {
			m = m.Replace
		}
		c := describe(m)
		modules[c.Ref] = c
		links.DependsOn = append(links.DependsOn, c.Ref)
	}
	slices.Sort(links.DependsOn)
	return file, links, nil
}

// describe names a module by its package URL (github.com/package-url). Its
// SHA-256 is what go.sum calls h1: of the module's list of files.
func describe(m *debug.Module) component {
	purl := "pkg:golang/" + m.Path + "@" + m.Version
	c := component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl}
	if h1, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(h1) == sha256.Size {
		c.Hashes = []hash{{"SHA-256", hex.EncodeToString(h1)}}
	}
	return c
}
