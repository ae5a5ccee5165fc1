package checks

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

const (
	maxFileLines     = 400 // a file has fewer
	maxFunctionLines = 60  // a function has fewer, from its first word to its closing brace
)

// drawers are the package names that say nothing.
var drawers = []string{"base", "common", "helper", "helpers", "lib", "misc", "models", "shared", "types", "util", "utils"}

func packageComments(t *Tree, found *problems) {
	commented := make(map[string]bool)
	for _, file := range t.Written() {
		commented[file.Dir()] = commented[file.Dir()] || file.Syntax.Doc != nil && aboutPackage(file)
	}
	for dir, has := range commented {
		if !has {
			found.add(dir, 0, "has no package comment (\"Package %s …\", or \"Command …\" for a program)", path.Base(dir))
		}
	}
}

// aboutPackage tells whether the comment above the package clause is about the package.
func aboutPackage(file *File) bool {
	text := file.Syntax.Doc.Text()
	name := file.Syntax.Name.Name
	if name == "main" {
		return strings.HasPrefix(text, "Command ")
	}
	return strings.HasPrefix(text, "Package "+name+" ")
}

func packageNames(t *Tree, found *problems) {
	for _, file := range t.Written() {
		if name := file.Syntax.Name.Name; slices.Contains(drawers, name) {
			found.add(file.Path, file.Line(file.Syntax.Name.Pos()), "package %s says nothing about what it gives", name)
		}
	}
}

func sizes(t *Tree, found *problems) {
	for _, file := range t.Written() {
		if file.Lines >= maxFileLines {
			found.add(file.Path, 0, "has %d lines; fewer than %d are allowed", file.Lines, maxFileLines)
		}
		for _, declaration := range file.Syntax.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first, last := file.Line(function.Pos()), file.Line(function.End())
			if length := last - first + 1; length >= maxFunctionLines {
				found.add(file.Path, first, "%s has %d lines; fewer than %d are allowed", function.Name.Name, length, maxFunctionLines)
			}
		}
	}
}

// generatedFolders hold nothing but generated code.
var generatedFolders = []string{"proto/gen"}

func generatedMarked(t *Tree, found *problems) {
	for _, file := range t.Files {
		inside := slices.ContainsFunc(generatedFolders, func(dir string) bool { return beneath(file.Path, dir) })
		switch {
		case inside && !file.Generated:
			found.add(file.Path, 0, "stands among generated code and does not say that it is generated")
		case !inside && file.Generated:
			found.add(file.Path, 0, "says that it is generated and stands among written code, where nothing keeps it current")
		}
	}
}
