package docspage_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"roster"
)

var update = flag.Bool("update", false, "write openapi.json.gz")

// openapi.json.gz is made here and not at each start of the function, where it took
// longer than all the rest: three times the start of the smallest function.
func TestTheDescriptionIsPacked(t *testing.T) {
	t.Parallel()
	want, err := toJSON(roster.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	packed := roster.OpenAPIJSON
	if *update {
		packed = pack(t, want)
		if err := os.WriteFile("../../openapi.json.gz", packed, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.json.gz is not of this openapi.yaml; run: make generate")
	}
}

func pack(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestToJSONKeepsTheOrderOfTheKeys(t *testing.T) {
	t.Parallel()
	got, err := toJSON([]byte("z: 1\na: [true, null, 1.5, 'x\"<']\n1: &b {d: ~, c: {}}\ne: *b\n'2': 2026-01-05\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"z":1,"a":[true,null,1.5,"x\"\u003c"],"1":{"d":null,"c":{}},"e":{"d":null,"c":{}},"2":"2026-01-05T00:00:00Z"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestToJSONRefusesABadDescription(t *testing.T) {
	t.Parallel()
	for name, description := range map[string]string{
		"empty": "", "not YAML": "a: [", "a key twice": "a: 1\na: 2", "a merge": "a: &x {b: 1}\nc: {<<: *x}", "no plain key": "? [a]\n: 1",
		"no number of JSON": "a: .nan",
	} {
		if got, err := toJSON([]byte(description)); err == nil {
			t.Errorf("%s: it became %s", name, got)
		}
	}
}

// toJSON converts YAML to JSON. It keeps the order of the keys, in which Swagger
// UI lists the operations.
func toJSON(document []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, err
	}
	if root.IsZero() {
		return nil, errors.New("the document is empty")
	}
	var b bytes.Buffer
	if err := writeNode(&b, &root); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeNode(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.DocumentNode:
		return writeNode(b, n.Content[0])
	case yaml.AliasNode:
		return writeNode(b, n.Alias)
	case yaml.MappingNode:
		return writeObject(b, n)
	case yaml.SequenceNode:
		return writeArray(b, n)
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	return writeValue(b, v)
}

func writeObject(b *bytes.Buffer, n *yaml.Node) error {
	seen := map[string]bool{}
	b.WriteByte('{')
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" || seen[key.Value] {
			return fmt.Errorf("line %d: a key must be a plain text and occur once", key.Line)
		}
		seen[key.Value] = true
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeValue(b, key.Value); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeNode(b, n.Content[i+1]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeArray(b *bytes.Buffer, n *yaml.Node) error {
	b.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeNode(b, item); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func writeValue(b *bytes.Buffer, v any) error {
	text, err := json.Marshal(v)
	b.Write(text)
	return err
}
