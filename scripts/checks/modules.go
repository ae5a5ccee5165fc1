package checks

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// tools is the folder whose modules are not part of the product: each pins one tool and goes its own way.
const tools = "scripts/tools"

func equalVersions(t *Tree, found *problems) {
	modules := t.product()
	direct := make(map[string]bool)
	for _, module := range modules {
		for _, require := range module.Mod.Require {
			direct[require.Mod.Path] = direct[require.Mod.Path] || !require.Indirect
		}
	}
	first := make(map[string]*modfile.Require)
	for _, module := range modules {
		for _, require := range module.Mod.Require {
			name := require.Mod.Path
			if !direct[name] {
				continue // what nobody imports himself follows from the rest
			}
			if first[name] == nil {
				first[name] = require
			}
			if known := first[name].Mod.Version; require.Mod.Version != known {
				found.add(module.file(), require.Syntax.Start.Line, "%s %s; another module has %s", name, require.Mod.Version, known)
			}
		}
	}
	goLines(t, modules, found)
	generatorVersion(t, first["google.golang.org/protobuf"], found)
}

func goLines(t *Tree, modules []Module, found *problems) {
	want := ""
	if t.Work != nil && t.Work.Go != nil {
		want = t.Work.Go.Version
	}
	for _, module := range modules {
		switch {
		case module.Mod.Go == nil:
			found.add(module.file(), 0, "has no go line")
		case want == "":
			want = module.Mod.Go.Version
		case module.Mod.Go.Version != want:
			found.add(module.file(), module.Mod.Go.Syntax.Start.Line, "go %s; the workspace has go %s", module.Mod.Go.Version, want)
		}
	}
}

// generatorVersion holds the generator to the version of the library that its output runs on.
func generatorVersion(t *Tree, library *modfile.Require, found *problems) {
	for _, module := range t.Modules {
		if module.Dir != tools+"/protoc-gen-go" || library == nil {
			continue
		}
		for _, require := range module.Mod.Require {
			if require.Mod.Path == library.Mod.Path && require.Mod.Version != library.Mod.Version {
				found.add(module.file(), require.Syntax.Start.Line, "generates for %s; the library is %s", require.Mod.Version, library.Mod.Version)
			}
		}
	}
}

func siblings(t *Tree, found *problems) {
	for _, module := range t.Modules {
		if module.Mod.Module == nil || module.Mod.Module.Mod.Path != root+module.Dir {
			found.add(module.file(), 0, "the module's path must be %s", root+module.Dir)
		}
		for _, require := range module.Mod.Require {
			if dir, ok := strings.CutPrefix(require.Mod.Path, root); ok {
				sibling(module, require, dir, found)
			}
		}
	}
	if t.Work == nil {
		return
	}
	var used []string
	for _, use := range t.Work.Use {
		used = append(used, path.Clean(use.Path))
	}
	for _, module := range t.product() {
		if !slices.Contains(used, module.Dir) {
			found.add("go.work", 0, "does not use %s", module.Dir)
		}
	}
}

func sibling(module Module, require *modfile.Require, dir string, found *problems) {
	line := require.Syntax.Start.Line
	if require.Mod.Version != "v0.0.0" {
		found.add(module.file(), line, "%s %s; siblings are required at v0.0.0", require.Mod.Path, require.Mod.Version)
	}
	for _, replace := range module.Mod.Replace {
		if replace.Old.Path == require.Mod.Path {
			if path.Join(module.Dir, replace.New.Path) != dir {
				found.add(module.file(), replace.Syntax.Start.Line, "%s is replaced by %s; it is in %s", require.Mod.Path, replace.New.Path, dir)
			}
			return
		}
	}
	found.add(module.file(), line, "%s has no replace line with its folder", require.Mod.Path)
}

// product gives the modules that are built together; the tools are not.
func (t *Tree) product() []Module {
	return slices.DeleteFunc(slices.Clone(t.Modules), func(m Module) bool { return beneath(m.Dir, tools) })
}

func (m Module) file() string { return path.Join(m.Dir, "go.mod") }
