package checks

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// root is the import path of the repository; a module's path is root plus its folder.
const root = "github.com/seatflow/seatflow/"

// ignored are the folders that are no part of the tree: made by tools, by runs, or by git.
var ignored = []string{".git", "bin", "seatflow-data", "node_modules", "proto/third_party"}

// File is a Go file. Paths here and below are slash-separated and relative to the tree.
type File struct {
	Path      string
	Syntax    *ast.File
	Lines     int
	Generated bool // by its first comment, as the Go tools define it
	Test      bool

	positions *token.FileSet
}

// Dir is the folder of the file.
func (f *File) Dir() string { return path.Dir(f.Path) }

// Line is the line of a position in the file.
func (f *File) Line(p token.Pos) int { return f.positions.Position(p).Line }

// Imports gives the imported paths with their lines.
func (f *File) Imports() map[string]int {
	imports := make(map[string]int, len(f.Syntax.Imports))
	for _, spec := range f.Syntax.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
			imports[imported] = f.Line(spec.Pos())
		}
	}
	return imports
}

// Local is the name under which the file knows an import, or "" when it does not import it.
func (f *File) Local(imported string) string {
	for _, spec := range f.Syntax.Imports {
		if spec.Path.Value != strconv.Quote(imported) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(imported)
	}
	return ""
}

// Module is a go.mod and the folder it stands in.
type Module struct {
	Dir string
	Mod *modfile.File
}

// Tree is a repository, read.
type Tree struct {
	Files   []*File
	Modules []Module
	Work    *modfile.WorkFile // nil without a go.work
	Texts   map[string][]byte // every file that is text, Go files included
}

// Load reads a tree. It fails at the first file that cannot be read or parsed.
func Load(from fs.FS) (*Tree, error) {
	tree := &Tree{Texts: make(map[string][]byte)}
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(ignored, name):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular():
			return nil
		}
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		return tree.add(name, content)
	})
	if err != nil {
		return nil, fmt.Errorf("load tree: %w", err)
	}
	return tree, nil
}

func (t *Tree) add(name string, content []byte) error {
	if bytes.IndexByte(content, 0) >= 0 {
		return nil
	}
	t.Texts[name] = content
	switch {
	case name == "go.work":
		work, err := modfile.ParseWork(name, content, nil)
		t.Work = work
		return err
	case path.Base(name) == "go.mod":
		mod, err := modfile.Parse(name, content, nil)
		t.Modules = append(t.Modules, Module{Dir: path.Dir(name), Mod: mod})
		return err
	case strings.HasSuffix(name, ".go"):
		return t.addGo(name, content)
	}
	return nil
}

func (t *Tree) addGo(name string, content []byte) error {
	positions := token.NewFileSet()
	syntax, err := parser.ParseFile(positions, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.Files = append(t.Files, &File{
		Path:      name,
		Syntax:    syntax,
		Lines:     countLines(content),
		Generated: ast.IsGenerated(syntax),
		Test:      strings.HasSuffix(name, "_test.go"),
		positions: positions,
	})
	return nil
}

// Written gives the Go files that people wrote.
func (t *Tree) Written() []*File {
	return slices.DeleteFunc(slices.Clone(t.Files), func(f *File) bool { return f.Generated })
}

// Has tells whether a file exists, or a folder that holds one.
func (t *Tree) Has(name string) bool {
	if _, ok := t.Texts[name]; ok {
		return true
	}
	for text := range t.Texts {
		if strings.HasPrefix(text, name+"/") {
			return true
		}
	}
	return false
}

// search reports each line of the texts that keep lets through and that the pattern finds.
func (t *Tree) search(pattern *regexp.Regexp, keep func(name string) bool, report func(name string, line int, match string)) {
	for name, content := range t.Texts {
		if !keep(name) {
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(content))
		lines.Buffer(nil, len(content)+1)
		for line := 1; lines.Scan(); line++ {
			if match := pattern.Find(lines.Bytes()); match != nil {
				report(name, line, string(match))
			}
		}
	}
}

// beneath tells whether name is the folder or lies in it.
func beneath(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

// service is the folder's name below services/, or "" outside.
func service(name string) string {
	rest, ok := strings.CutPrefix(name, "services/")
	if !ok {
		return ""
	}
	first, _, _ := strings.Cut(rest, "/")
	return first
}

func countLines(content []byte) int {
	lines := bytes.Count(content, []byte{'\n'})
	if len(content) > 0 && content[len(content)-1] != '\n' {
		lines++
	}
	return lines
}
