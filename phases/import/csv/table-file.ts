/** One row of a file, split into its columns; `row` counts from 1, which is the header's. */
export interface CsvRecord {
  readonly row: number;
  readonly values: readonly string[];
}

export interface CsvFile {
  readonly path: string;
  /** As messages and refused rows name it: the path below the folder of the source. */
  readonly name: string;
}
