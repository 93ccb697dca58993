package dev.sqlitebackup.archive;

/** A piece of content and the block that holds it, on their way through a pipeline; used again and again. */
final class Piece {
    final byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];
    final byte[] block = new byte[Bgzf.MAX_BLOCK_BYTES];
    /** What the block was found to hold; null where nobody looks. */
    final byte[] proof;

    int contentBytes;
    int blockBytes;
    /** Whether the block is one of the previous backup. */
    boolean isTakenOver;

    /** @param withProof whether the block is made, and not only read */
    Piece(boolean withProof) {
        this.proof = withProof ? new byte[Bgzf.MAX_CONTENT_BYTES] : null;
    }
}
