package checks

import (
	"go/ast"
	"slices"
	"strings"
)

// impure are the packages of the standard library that read or change the world; a trailing slash means all beneath.
var impure = []string{
	"context", "crypto/rand", "database/", "io/fs", "io/ioutil", "log", "log/", "math/rand", "math/rand/v2", "net",
	"net/http", "net/http/", "net/rpc", "net/smtp", "os", "os/", "plugin", "runtime/", "syscall", "testing/",
}

// pureElsewhere are the packages outside the standard library that a domain may use: they compute and nothing else.
var pureElsewhere = []string{
	root + "proto/gen/", // the contract's messages, as values
	root + "services/kit/fault",
	"github.com/cockroachdb/apd/v3",
	"github.com/google/cel-go/",
	"github.com/google/uuid",
	"golang.org/x/text/",
}

// clocks are the functions that read a clock or wait for one, and those that draw randomness, by package.
var clocks = map[string][]string{
	"time":                   {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"github.com/google/uuid": {"New", "NewString", "NewRandom", "NewV6", "NewV7", "NewUUID"},
}

func pureDomain(t *Tree, found *problems) {
	for _, file := range t.Written() {
		if file.Test || !strings.Contains(file.Path, "/internal/domain/") {
			continue
		}
		for imported, line := range file.Imports() {
			if !pure(imported) {
				found.add(file.Path, line, "a domain must not import %s", imported)
			}
		}
		for imported, functions := range clocks {
			file.uses(imported, functions, func(line int, used string) {
				found.add(file.Path, line, "%s: times and ids come in as arguments", used)
			})
		}
		ast.Inspect(file.Syntax, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && (name.Name == "float64" || name.Name == "float32") {
				found.add(file.Path, file.Line(name.Pos()), "%s: amounts are decimals, never floats", name.Name)
			}
			return true
		})
	}
}

func pure(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return !matches(impure, imported)
	}
	return matches(pureElsewhere, imported) ||
		strings.HasPrefix(imported, root) && strings.Contains(imported+"/", "/internal/domain/")
}

func matches(list []string, imported string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		return imported == entry || strings.HasSuffix(entry, "/") && strings.HasPrefix(imported, entry)
	})
}

// uses reports each mention of one of a package's functions.
func (f *File) uses(imported string, functions []string, report func(line int, used string)) {
	local := f.Local(imported)
	if local == "" {
		return
	}
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && of.Name == local && slices.Contains(functions, selector.Sel.Name) {
			report(f.Line(selector.Pos()), local+"."+selector.Sel.Name)
		}
		return true
	})
}
