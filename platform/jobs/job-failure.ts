/** A job cannot go on; the message is the reason that people read: what failed, on what, why, what to do. */
export class JobFailure extends Error {
  override readonly name = "JobFailure";
}

/** The job was told to end. */
export class JobCanceled extends Error {
  override readonly name = "JobCanceled";

  constructor() {
    super("the job was canceled");
  }
}
