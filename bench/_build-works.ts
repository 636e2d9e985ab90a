export type Texts = Readonly<Record<string, string>>

/** Prefix, labels, images and one patch over a base of so many Deployments, Services and ConfigMaps each. */
export function overlay(size: number): Texts {
  const documents = Array.from({ length: size }, (_, index) => threeObjects(index))
  return {
    'base/all.yaml': documents.join('---\n'),
    'base/kustomization.yaml': 'resources: [all.yaml]\n',
    'overlay/kustomization.yaml': `resources: [../base]
namePrefix: p-
labels:
- pairs: {team: a}
  includeSelectors: true
images:
- {name: registry.example.com/team/app, newTag: 2.0.0}
patches:
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: app-0}
    spec: {replicas: 5}
`,
  }
}

function threeObjects(index: number): string {
  return [deployment(index), service(index), configMap(index)].join('---\n')
}

function deployment(index: number): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-${index}
  labels:
    app: app-${index}
spec:
  replicas: 2
  selector:
    matchLabels:
      app: app-${index}
  template:
    metadata:
      labels:
        app: app-${index}
    spec:
      containers:
      - name: app
        image: registry.example.com/team/app:1.0.${index % 10}
        args: ["--port=8080", "--name=app-${index}"]
        ports:
        - containerPort: 8080
          name: http
        envFrom:
        - configMapRef:
            name: cm-${index}
        env:
        - name: A
          value: "1"
        resources:
          limits:
            cpu: 100m
            memory: 128Mi
`
}

function service(index: number): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: app-${index}
spec:
  selector:
    app: app-${index}
  ports:
  - port: 80
    targetPort: http
`
}

function configMap(index: number): string {
  return `apiVersion: v1
kind: ConfigMap
metadata:
  name: cm-${index}
data:
  key: value-${index}
  other: "true"
  text: |
    line one
    line two ${index}
`
}

/** A Deployment, a Service, an autoscaler and a generated ConfigMap. */
export function podinfo(): Texts {
  return {
    'base/deployment.yaml': deployment(0),
    'base/service.yaml': service(0),
    'base/hpa.yaml':
      'apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: app-0}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: app-0}, maxReplicas: 4}\n',
    'base/kustomization.yaml': 'resources: [deployment.yaml, service.yaml, hpa.yaml]\n',
    'overlay/kustomization.yaml':
      'resources: [../base]\nnamespace: demo\nconfigMapGenerator:\n- {name: cm-0, literals: [a=b]}\npatches:\n- patch: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: app-0}, spec: {replicas: 3}}"\n',
  }
}
