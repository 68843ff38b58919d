package awsclient

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const services = "github.com/aws/aws-sdk-go-v2/service/"

// local are operations that the code of functions and command only describes, for tests and
// the local stack.
var local = map[string]bool{"dynamodb CreateTable": true}

// sent are the operations whose inputs the code of the functions and of the command names.
func sent(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, folder := range []string{"functions", "shared", "infra/operator"} {
		err := filepath.WalkDir(filepath.Join("../..", folder), func(file string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err == nil {
				addInputs(t, all, parsed)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// addInputs adds the operations whose inputs a file names.
func addInputs(t *testing.T, all map[string]bool, file *ast.File) {
	t.Helper()
	packages := map[string]string{} // import paths by name
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = imported
	}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := selector.X.(*ast.Ident)
		operation, isInput := strings.CutSuffix(selector.Sel.Name, "Input")
		if !ok || !isInput {
			return true
		}
		service, isService := strings.CutPrefix(packages[from.Name], services)
		if isService && !strings.Contains(service, "/") {
			all[service+" "+operation] = true
		}
		return true
	})
}

// TestEveryOperation: the table and the tests' exchanges have exactly the operations that
// the code sends.
func TestEveryOperation(t *testing.T) {
	all := sent(t)
	for _, o := range operations {
		name := strings.ToLower(o.service) + " " + o.name
		if !all[name] {
			t.Errorf("nobody sends %s %s", o.service, o.name)
		}
		if _, ok := exchanges[o.service+" "+o.name]; !ok {
			t.Errorf("the tests have no exchange of %s %s", o.service, o.name)
		}
		delete(all, name)
	}
	for name := range all {
		if !local[name] {
			t.Errorf("%s is sent and is not in the table", name)
		}
	}
	if len(exchanges) != len(operations) {
		t.Errorf("the tests have %d exchanges of %d operations", len(exchanges), len(operations))
	}
}

// TestUnknownOperation: clients don't send operations that are not in the table.
func TestUnknownOperation(t *testing.T) {
	s, clients := newClients(t)
	err := send(t.Context(), clients, "S3 ListBuckets", &s3.ListBucketsInput{})
	const want = "S3 ListBuckets is not in the table of shared/awsclient/operations.go"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v", err)
	}
	if s.requests != 0 {
		t.Errorf("%d requests were sent", s.requests)
	}
}
