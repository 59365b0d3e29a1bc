import ignore, { type Ignore } from 'ignore';

/** What no visitor is to see, or what a program left behind: version control, secrets, editors' swap files. */
export const LEFT_OUT: readonly string[] = [
  '.git',
  '.hg',
  '.svn',
  '.env*',
  '.ht*',
  '.DS_Store',
  '.immuableignore',
  // Vim, Emacs.
  '.*.sw[a-p]',
  '*~',
  '.#*',
  '#*#',
];

/** Which paths of a folder an archive leaves out. */
export class LeftOut {
  readonly #excluded: Ignore;
  readonly #included: Ignore | undefined;

  /** `ignoreFile` is the text of the folder's `.immuableignore`; `include` are patterns that override all. */
  constructor(ignoreFile: string, include: readonly string[]) {
    this.#excluded = ignore({ ignorecase: false })
      .add(LEFT_OUT.map((pattern) => pattern.replace(/^#/, '\\#')))
      .add(ignoreFile);
    this.#included = include.length === 0 ? undefined : ignore({ ignorecase: false }).add(include);
  }

  /** True when this path (`dir/file`, no slash at either end) is left out. */
  has(path: string, folder: boolean): boolean {
    const name = folder ? `${path}/` : path;
    return this.#excluded.ignores(name) && this.#included?.ignores(name) !== true;
  }

  /** True when a folder that is left out may hold what is kept all the same. */
  get looksInside(): boolean {
    return this.#included !== undefined;
  }
}
