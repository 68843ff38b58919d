package cloudformation

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// CreationOrder returns the resources' logical IDs in an order in which each
// resource comes after those that it refers to by Ref, Fn::GetAtt, Fn::Sub or
// DependsOn. Resources that do not refer to each other are sorted by the rank of
// their types, then by logical ID. The order within a reference cycle is
// unspecified: CloudFormation rejects a template that has one.
func (t *Template) CreationOrder(rank func(kind string) int) []string {
	ids := slices.SortedFunc(maps.Keys(t.Resources), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(t.Resources[a].Type), rank(t.Resources[b].Type)), cmp.Compare(a, b))
	})
	visited := map[string]bool{}
	var ordered []string
	var visit func(id string)
	visit = func(id string) {
		if visited[id] {
			return
		}
		visited[id] = true
		resource := t.Resources[id]
		mentioned := map[string]bool{}
		mention(resource.Properties, mentioned)
		mention(resource.DependsOn, mentioned)
		for _, other := range ids {
			if mentioned[other] {
				visit(other)
			}
		}
		ordered = append(ordered, id)
	}
	for _, id := range ids {
		visit(id)
	}
	return ordered
}

// mention collects every string that could be a logical ID. A false positive is
// harmless: it only makes a resource come earlier than necessary.
func mention(value any, found map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for _, element := range value {
			mention(element, found)
		}
	case []any:
		for _, element := range value {
			mention(element, found)
		}
	case string:
		found[value] = true
		for _, reference := range placeholder.FindAllString(value, -1) {
			id, _, _ := strings.Cut(reference[2:len(reference)-1], ".")
			found[id] = true
		}
		id, _, _ := strings.Cut(value, ".")
		found[id] = true
	}
}
