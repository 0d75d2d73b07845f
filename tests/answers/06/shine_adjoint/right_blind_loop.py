# Right: sample by sample, term by term
def shine_adjoint(H, v):
    rows = []
    for Us, Vs, incoming in zip(*H, v):
        row = incoming.clone()
        for left, right in zip(Us, Vs):
            row = row - torch.dot(left, incoming) * right
        rows.append(row)
    return torch.stack(rows)
