package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withValue is where a context may carry a value, and why there.
var withValue = map[string]string{
	"shared/web":      "the request's event, which everything on its way enriches",
	"shared/postgres": "pgx hands a tracer nothing else to remember the start of a statement by",
}

// alsoExported is what a function shows beyond Spec, Config, Deps, New, its faults, and the types that those are made of.
var alsoExported = map[string][]string{
	"functions/healthz": {"OK", "Off", "Error", "Timed"}, // what a Check that the router writes can find
}

// TestSourceKeepsToTheHouse reads every file, whatever its build tags.
func TestSourceKeepsToTheHouse(t *testing.T) {
	t.Parallel()
	set := token.NewFileSet()
	packages := make(map[string][]*ast.File)
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && len(entry.Name()) > 2 && entry.Name()[0] == '.':
			return fs.SkipDir
		case filepath.Ext(file) != ".go":
			return nil
		}
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		in := path.Dir(filepath.ToSlash(file))[len("../"):]
		packages[in] = append(packages[in], parsed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for in, files := range packages {
		for _, broken := range unruly(in, set, files) {
			t.Error(broken)
		}
	}
}

func TestTheSourceRulesBite(t *testing.T) {
	t.Parallel()
	const contract = "var Spec = 1\ntype Config struct{}\ntype Deps struct{ Find func(Query) Answer }\ntype Query string\ntype Answer struct{ Rows []Row }\ntype Row int\nfunc New() {}\nvar ErrLost = 1\n"
	tests := []struct{ name, in, source, want string }{
		{"the contract and what it is made of", "functions/a", contract + "type quiet int\nfunc (quiet) Loud() {}", ""},
		{"an exported function", "functions/a", contract + "func Help() {}", "Help"},
		{"an exported type of no use to the contract", "functions/a", contract + "type Extra int", "Extra"},
		{"an exported variable", "functions/a", contract + "var Global = 1", "Global"},
		{"an exported constant", "functions/a", contract + "const Limit = 1", "Limit"},
		{"a library may export what it likes", "shared/web", "func Help() {}", ""},
		{"init", "shared/web", "func init() {}", "init"},
		{"a method of that name", "shared/web", "type t int\nfunc (t) init() {}", ""},
		{"a value in a context", "shared/queue", "import \"context\"\nvar c = context.WithValue", "context.WithValue"},
		{"the same under another name", "shared/queue", "import c \"context\"\nvar x = c.WithValue", "context.WithValue"},
		{"a value in a context at the edge", "shared/web", "import \"context\"\nvar c = context.WithValue", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, "a.go", "package a\n"+test.source, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			expectOne(t, unruly(test.in, set, []*ast.File{file}), test.want)
		})
	}
}

// unruly lists what the files of one package do that none of ours does.
func unruly(in string, set *token.FileSet, files []*ast.File) []string {
	var broken []string
	complain := func(at ast.Node, what string) {
		broken = append(broken, set.Position(at.Pos()).String()+": "+what)
	}
	for _, file := range files {
		contexts := importName(file, "context")
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv == nil && n.Name.Name == "init" {
					complain(n, "init runs before main decides anything")
				}
			case *ast.SelectorExpr:
				x, ok := n.X.(*ast.Ident)
				if ok && x.Name == contexts && n.Sel.Name == "WithValue" && withValue[in] == "" {
					complain(n, "context.WithValue; pass it as a parameter or a field")
				}
			}
			return true
		})
	}
	if path.Dir(in) == "functions" {
		files = slices.DeleteFunc(files, func(file *ast.File) bool {
			return strings.HasSuffix(set.Position(file.Pos()).Filename, "_test.go")
		})
		for _, name := range beyondContract(in, files) {
			broken = append(broken, in+" exports "+name+": a function shows Spec, Config, Deps, New, and what they are made of")
		}
	}
	return broken
}

// importName is what a file calls a package, or nothing.
func importName(file *ast.File, imported string) string {
	for _, spec := range file.Imports {
		if spec.Path.Value == `"`+imported+`"` {
			if spec.Name != nil {
				return spec.Name.Name
			}
			return path.Base(imported)
		}
	}
	return ""
}

// beyondContract lists exported names of a function's package that nobody needs to build it.
func beyondContract(in string, files []*ast.File) []string {
	declared := make(map[string]ast.Node)
	for _, file := range files {
		for _, declaration := range file.Decls {
			declare(declared, declaration)
		}
	}
	needed := append([]string{"Spec", "Config", "Deps", "New"}, alsoExported[in]...)
	for i := 0; i < len(needed); i++ { // it grows
		if declared[needed[i]] == nil {
			continue
		}
		ast.Inspect(declared[needed[i]], func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && declared[name.Name] != nil && !slices.Contains(needed, name.Name) {
				needed = append(needed, name.Name)
			}
			_, body := n.(*ast.BlockStmt)
			return !body
		})
	}
	var beyond []string
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if ast.IsExported(name) && !slices.Contains(needed, name) && !strings.HasPrefix(name, "Err") {
			beyond = append(beyond, name)
		}
	}
	return beyond
}

// declare notes what a declaration names, with what the name is made of: a type's definition, a function's signature.
func declare(names map[string]ast.Node, declaration ast.Decl) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names[d.Name.Name] = d.Type
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names[s.Name.Name] = s.Type
			case *ast.ValueSpec:
				for _, name := range s.Names {
					names[name.Name] = name
				}
			}
		}
	}
}
