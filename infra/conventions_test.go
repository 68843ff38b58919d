// Package infra checks the conventions that .github/CONTRIBUTING.md states, over
// the whole repository.
package infra

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	module         = "sdtasktracker/"
	maxFileLines   = 250
	maxFuncLines   = 60
	p90FuncLines   = 30
	maxComplexity  = 12
	maxLineColumns = 120
)

// source is a Go file of this repository.
type source struct {
	path string // relative to the repository's root, with slashes
	text string
	file *ast.File
	set  *token.FileSet
}

// test reports whether only tests use the file.
func (s source) test() bool {
	return strings.HasSuffix(s.path, "_test.go") || strings.HasPrefix(s.path, "infra/operator/operatortest/")
}

// sources parses every Go file.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	for _, dir := range []string{"functions", "shared", "infra"} {
		err := filepath.WalkDir(filepath.Join("..", dir), func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "node_modules":
				return filepath.SkipDir
			case entry.IsDir() || filepath.Ext(path) != ".go":
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, text, 0)
			all = append(all, source{filepath.ToSlash(path)[len("../"):], string(text), file, set})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d files were found", len(all))
	}
	return all
}

// forbidden are the imports that would turn an arrow around: a file below the
// first path must not import a package below one of the others.
var forbidden = []struct {
	from    string
	imports []string
	tests   bool // also in tests
}{
	{"shared/", []string{"functions/", "infra/"}, false},
	{"functions/", []string{"functions/", "infra/"}, false},
	{"functions/", []string{"infra/cdk", "infra/operator"}, true},
	{"shared/", []string{"functions/", "infra/cdk", "infra/operator"}, true},
	{"infra/cdk/", []string{"functions/", "infra/local", "infra/operator"}, false},
	{"infra/operator/", []string{"functions/", "infra/cdk", "infra/local"}, false},
	{"infra/local/", []string{"functions/", "infra/cdk", "infra/operator"}, true},
}

func TestImportsGoOneWay(t *testing.T) {
	for _, s := range sources(t) {
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			imported, own := strings.CutPrefix(imported, module)
			for _, rule := range forbidden {
				if !own || !strings.HasPrefix(s.path, rule.from) || s.test() && !rule.tests {
					continue
				}
				for _, prefix := range rule.imports {
					if strings.HasPrefix(imported+"/", prefix) {
						t.Errorf("%s imports %s", s.path, imported)
					}
				}
			}
		}
	}
}

// floors are the packages of the operator's command: each may import only those on floors below its own.
var floors = [][]string{
	{"command"},
	{"deployment", "fields", "objects", "output", "reasons"},
	{"check"},
	{"cli", "doctor", "letters", "page", "runs", "setup", "tasks"},
	{"", "operatortest"},
}

// floor is a package's number in floors; -1 if it is on none.
func floor(folder string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, folder) })
}

func TestCommandImportsGoDown(t *testing.T) {
	const operator = "infra/operator"
	for _, s := range sources(t) {
		folder, below := strings.CutPrefix(path.Dir(s.path), operator)
		if !below || strings.HasSuffix(s.path, "_test.go") {
			continue
		}
		own := floor(strings.TrimPrefix(folder, "/"))
		if own < 0 {
			t.Errorf("%s is on no floor of the command", s.path)
		}
		for _, spec := range s.file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if folder, below := strings.CutPrefix(imported, module+operator+"/"); below && floor(folder) >= own {
				t.Errorf("%s imports %s, which is not below it", s.path, imported)
			}
		}
	}
}

func TestSizes(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		lines := strings.Split(strings.TrimSuffix(s.text, "\n"), "\n")
		if len(lines) > maxFileLines {
			t.Errorf("%s has %d lines, at most %d", s.path, len(lines), maxFileLines)
		}
		for i, line := range lines {
			if columns := utf8.RuneCountInString(line); columns > maxLineColumns {
				t.Errorf("%s:%d has %d columns, at most %d", s.path, i+1, columns, maxLineColumns)
			}
		}
		for _, declaration := range s.file.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			name := fmt.Sprintf("%s:%d %s", s.path, s.set.Position(f.Pos()).Line, f.Name.Name)
			length := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1
			if length > maxFuncLines {
				t.Errorf("%s has %d lines, at most %d", name, length, maxFuncLines)
			}
			if s.test() { // whose branches are assertions
				continue
			}
			lengths = append(lengths, length)
			if n := complexity(f); n > maxComplexity {
				t.Errorf("%s has a cyclomatic complexity of %d, at most %d", name, n, maxComplexity)
			}
		}
	}
	slices.Sort(lengths)
	if p90 := lengths[len(lengths)*9/10]; p90 > p90FuncLines {
		t.Errorf("a tenth of the functions have %d lines or more, at most %d", p90, p90FuncLines)
	}
}

// complexity counts a function's branches as gocyclo does; a function literal
// counts into the function that it stands in.
func complexity(f *ast.FuncDecl) int {
	n := 1
	ast.Inspect(f, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if node.List != nil {
				n++
			}
		case *ast.CommClause:
			if node.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if node.Op == token.LAND || node.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}
