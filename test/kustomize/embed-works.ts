/** Builds that a program which embeds the builder might make, with what kustomize 5.8.1 prints for them. */
export const embedWorks: readonly {
  readonly files: Readonly<Record<string, string>>
  readonly text: string
}[] = [
  {
    files: {
      'app/kustomization.yaml':
        'resources: [../base]\nnamePrefix: my-\nconfigMapGenerator:\n- {name: settings, literals: [colour=blau]}\nsecretGenerator:\n- {name: key, literals: ["a=grün ☃"]}\n',
      'base/kustomization.yaml': 'resources: [web.yaml]\n',
      'base/web.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  volumes: [{name: a, configMap: {name: settings}}]\n  big: 9007199254740993\n',
    },
    text: `apiVersion: v1
data:
  colour: blau
kind: ConfigMap
metadata:
  name: my-settings-5g4mkc62ct
---
apiVersion: v1
data:
  a: Z3LDvG4g4piD
kind: Secret
metadata:
  name: my-key-7fk8f48cd5
type: Opaque
---
apiVersion: v1
kind: Pod
metadata:
  name: my-web
spec:
  big: 9007199254740993
  volumes:
  - configMap:
      name: my-settings-5g4mkc62ct
    name: a
`,
  },
  {
    files: {
      'app/kustomization.yaml':
        'resources: [web.yaml]\npatches:\n- target: {kind: D.*, name: "web|other"}\n  patch: |\n    - {op: replace, path: /spec/replicas, value: 3}\nimages:\n- {name: nginx, newTag: "1.27"}\n',
      'app/web.yaml':
        'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template: {spec: {containers: [{name: web, image: nginx}]}}\n',
    },
    text: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  template:
    spec:
      containers:
      - image: nginx:1.27
        name: web
`,
  },
]
