package checks

import (
	"go/ast"
	"path"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

func documents(t *Tree, found *problems) {
	for _, name := range []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		if !t.Has(name) {
			found.add(name, 0, "is missing")
		}
	}
	for _, module := range t.product() {
		name := service(module.Dir)
		if name == "" || name == "kit" || name == "testkit" {
			continue // libraries are documented in their packages
		}
		if !t.Has(path.Join(module.Dir, "README.md")) {
			found.add(path.Join(module.Dir, "README.md"), 0, "is missing")
		}
	}
}

func sameLayout(t *Tree, found *problems) {
	for _, name := range layered {
		dir := "services/" + name
		if !t.Has(dir) {
			continue
		}
		for _, part := range []string{
			"service.go", "config.go", "cmd/" + name + "/main.go", "internal/domain", "internal/handlers", "internal/store",
			"internal/store/migrations",
		} {
			if !t.Has(path.Join(dir, part)) {
				found.add(path.Join(dir, part), 0, "is missing; every service has it")
			}
		}
	}
}

func settingsDocumented(t *Tree, found *problems) {
	for _, file := range t.Written() {
		name := service(file.Path)
		if name == "" || name == "kit" || name == "testkit" || file.Test {
			continue
		}
		readme := string(t.Texts["services/"+name+"/README.md"])
		ast.Inspect(file.Syntax, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || field.Tag == nil {
				return true
			}
			tag, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				return true
			}
			for setting := range strings.SplitSeq(reflect.StructTag(tag).Get("env"), ",") {
				if setting != "" && !strings.Contains(readme, setting) {
					found.add(file.Path, file.Line(field.Pos()), "%s is not in services/%s/README.md", setting, name)
				}
			}
			return true
		})
	}
}

// foreign matches folders of one person's machine and the hosts of package registries. It is put together from pieces so
// that it does not find itself.
var foreign = regexp.MustCompile(`(^|[^\w./-])/(work|root|home/\w+|Users/\w+)` + `/|` +
	`\b(proxy|sum)\.golang\.` + `org\b|\bregistry\.npmjs\.` + `org\b|\b(deb|security|snapshot)\.debian\.` + `org\b`)

func selfContained(t *Tree, found *problems) {
	t.search(foreign, func(name string) bool { return true }, func(name string, line int, match string) {
		found.add(name, line, "names %q", strings.TrimSpace(match))
	})
}

var later = regexp.MustCompile(`(^|[^\w.-])(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

func nothingLeft(t *Tree, found *problems) {
	t.search(later, func(name string) bool { return !beneath(name, "scripts/checks") }, func(name string, line int, match string) {
		found.add(name, line, "%s", strings.TrimSpace(match))
	})
}
