package checks

import (
	"go/ast"
	"regexp"
	"strings"
)

// statement matches a string that begins as an SQL statement does. Keywords are all capitals or all small, as people write
// SQL; a sentence that happens to begin with one of them has a capital first letter only.
var statement = regexp.MustCompile(`^\s*(` +
	`(SELECT|select)\s(.|\s)+\s(FROM|from)\s` +
	`|(INSERT\s+INTO|insert\s+into)\s` +
	`|(UPDATE|update)\s+\S+\s+(SET|set)\s` +
	`|(DELETE\s+FROM|delete\s+from)\s` +
	`|(WITH|with)\s+\w+\s+(AS|as)\s*\(` +
	`|(CREATE|create|ALTER|alter|DROP|drop)\s+(TABLE|table|DATABASE|database|ROLE|role|USER|user|INDEX|index|SCHEMA|schema|SEQUENCE|sequence)\s` +
	`)`)

func sqlInPlace(t *Tree, found *problems) {
	for _, file := range t.Written() {
		if mayHoldSQL(file) {
			continue
		}
		ast.Inspect(file.Syntax, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			if value, isText := text(literal); isText && statement.MatchString(value) {
				found.add(file.Path, file.Line(literal.Pos()), "SQL outside a store: %.40q", strings.TrimSpace(value))
			}
			return true
		})
	}
}

// mayHoldSQL names the places: each service's store, the parts of kit that own tables or databases, and what serves tests
// with databases. Tests may look into the database that they were given.
func mayHoldSQL(file *File) bool {
	return file.Test || strings.Contains(file.Path, "/internal/store/") ||
		beneath(file.Path, "services/kit/engine") || beneath(file.Path, "services/seatflow/internal/setup") || beneath(file.Path, "services/kit/postgres") ||
		service(file.Path) == "testkit" || beneath(file.Path, "scripts/checks")
}
