package checks

import (
	"go/ast"
	"slices"
	"strings"
)

func noSleep(t *Tree, found *problems) {
	for _, file := range t.Written() {
		file.uses("time", []string{"Sleep"}, func(line int, used string) {
			found.add(file.Path, line, "%s", used)
		})
	}
}

func noSkip(t *Tree, found *problems) {
	for _, file := range t.Written() {
		if !file.Test && service(file.Path) != "testkit" {
			continue
		}
		ast.Inspect(file.Syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, selector.Sel.Name) {
				found.add(file.Path, file.Line(call.Pos()), "%s", selector.Sel.Name)
			}
			return true
		})
	}
}

func noBackground(t *Tree, found *problems) {
	for _, file := range t.Written() {
		if startsContexts(file) {
			continue
		}
		file.uses("context", []string{"Background", "TODO"}, func(line int, used string) {
			found.add(file.Path, line, "%s below main: take the caller's (context.WithoutCancel outlives it on purpose)", used)
		})
	}
}

// startsContexts tells whether a file stands at the top, where a context has no caller: programs, tests, and kit/app, which
// is main's other half.
func startsContexts(file *File) bool {
	return file.Test || file.Syntax.Name.Name == "main" || strings.Contains(file.Path, "/cmd/") ||
		beneath(file.Path, "services/kit/app") || beneath(file.Path, "services/testkit")
}
