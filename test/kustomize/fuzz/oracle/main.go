// Builds folders with kustomize's library, JSON lines in and out: what library-oracle.ts speaks to.
// Build it in a copy of test/peers/modules/kustomize without its 'tool' line: go build -mod=mod -o oracle .
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	_ "sigs.k8s.io/kustomize/kustomize/v5/commands/build"
)

type req struct {
	Dir  string `json:"dir"`
	None bool   `json:"none"`
	Free bool   `json:"free"`
}
type res struct {
	OK    bool   `json:"ok"`
	Text  string `json:"text"`
	Fault string `json:"fault"`
}

func run(r req) (out res) {
	defer func() {
		if p := recover(); p != nil {
			out = res{Fault: fmt.Sprint("panic: ", p)}
		}
	}()
	o := krusty.MakeDefaultOptions()
	o.Reorder = krusty.ReorderOptionLegacy
	if r.None {
		o.Reorder = krusty.ReorderOptionNone
	}
	if r.Free {
		o.LoadRestrictions = types.LoadRestrictionsNone
	}
	m, err := krusty.MakeKustomizer(o).Run(filesys.MakeFsOnDisk(), r.Dir)
	if err != nil {
		return res{Fault: err.Error()}
	}
	y, err := m.AsYaml()
	if err != nil {
		return res{Fault: err.Error()}
	}
	return res{OK: true, Text: string(y)}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	w := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var r req
		if json.Unmarshal(line, &r) != nil {
			return
		}
		b, _ := json.Marshal(run(r))
		w.Write(b)
		w.WriteByte('\n')
		w.Flush()
	}
}
