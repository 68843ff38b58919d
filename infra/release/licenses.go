package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// linked are the packages of the programs in an archive.
var linked = []string{"./infra/cdk", "./infra/operator", "./functions/..."}

// licenseFile matches the names of files with a license, or with what it wants to be passed on.
var licenseFile = regexp.MustCompile(`(?i)^(license|licence|copying|notice|patents)`)

// module is a module that a program is linked with.
type module struct {
	name string
	dir  string
	// folders are those of the packages that are linked.
	folders []string
}

// licenses are the licenses of everything that is linked in. It is an error if a module has none.
func (r release) licenses() (string, error) {
	modules, err := r.modules()
	if err != nil {
		return "", err
	}
	var all strings.Builder
	all.WriteString("The programs in this archive contain the following software, under these licenses.\n")
	for _, m := range modules {
		files, err := m.licenses()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&all, "\n%s\n%s\n", strings.Repeat("=", 80), m.name)
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			name, err := filepath.Rel(m.dir, path)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&all, "\n%s:\n\n%s\n", filepath.ToSlash(name), strings.TrimSpace(string(text)))
		}
	}
	return all.String(), nil
}

// modules are the modules that are linked on the platform, and Go itself, in order.
func (r release) modules() ([]*module, error) {
	system, architecture, _ := strings.Cut(r.platform, "-")
	command := exec.Command("go", append([]string{"list", "-deps", "-tags", "lambda.norpc", "-f",
		"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}"}, linked...)...)
	command.Dir = r.root
	command.Env = append(os.Environ(), "GOOS="+system, "GOARCH="+architecture, "CGO_ENABLED=0")
	var problem strings.Builder
	command.Stderr = &problem
	list, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("list what is linked: %w: %s", err, problem.String())
	}
	goRoot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go: %w", err)
	}
	all := map[string]*module{}
	for line := range strings.Lines(string(list)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			continue // of Go's or this project's packages
		}
		if all[fields[0]] == nil {
			all[fields[0]] = &module{name: fields[0], dir: fields[1]}
		}
		all[fields[0]].folders = append(all[fields[0]].folders, fields[2])
	}
	modules := slices.SortedFunc(maps.Values(all), func(a, b *module) int { return cmp.Compare(a.name, b.name) })
	root := strings.TrimSpace(string(goRoot))
	return append([]*module{{name: "Go " + runtime.Version(), dir: root, folders: []string{root}}}, modules...), nil
}

// licenses are the paths of the license files in the folders of the linked packages, and in those above them.
func (m *module) licenses() (paths []string, err error) {
	var folders []string
	for _, folder := range m.folders {
		for len(folder) >= len(m.dir) {
			folders = append(folders, folder)
			folder = filepath.Dir(folder)
		}
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if entry.Type().IsRegular() && licenseFile.MatchString(entry.Name()) && filepath.Ext(entry.Name()) != ".go" {
				paths = append(paths, filepath.Join(folder, entry.Name()))
			}
		}
	}
	if len(paths) == 0 {
		return nil, errors.New("there is no license of " + m.name + " in " + m.dir)
	}
	return paths, nil
}
