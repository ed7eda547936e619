/** The light of a model: a lamp that the reader moves, a weak one against it, the sky; and how bright colours bend. */

import { CustomToneMapping, DirectionalLight, HemisphereLight, MathUtils, type Object3D, ShaderChunk, type WebGLRenderer } from "three";

/**
 * Colours stay as they were recorded; only what is brighter than four fifths of white is bent towards it, in
 * its own hue. (Khronos PBR Neutral without its subtraction for mirrored skies: there is no sky here.)
 */
ShaderChunk.tonemapping_pars_fragment = ShaderChunk.tonemapping_pars_fragment.replace(
  "vec3 CustomToneMapping( vec3 color ) { return color; }",
  `vec3 CustomToneMapping( vec3 color ) {
    color *= toneMappingExposure;
    float peak = max( color.r, max( color.g, color.b ) );
    if ( peak < 0.8 ) return color;
    float bent = 1.0 - 0.04 / ( peak - 0.6 );
    vec3 held = color * ( bent / peak );
    return mix( vec3( bent ), held, 1.0 / ( 0.15 * ( peak - bent ) + 1.0 ) );
  }`,
);

export class Lights {
  readonly sky = new HemisphereLight(0xffffff, 0xcbbfae);
  private readonly sun = new DirectionalLight(0xffffff);
  private readonly fill = new DirectionalLight(0xffffff);

  /** The lamps hang on the camera: turning the object under a fixed lamp shows its relief. */
  constructor(renderer: WebGLRenderer, camera: Object3D) {
    renderer.toneMapping = CustomToneMapping;
    camera.add(this.sun, this.sun.target, this.fill, this.fill.target);
    this.aim(315, 50);
  }

  /** Where the lamp stands: clockwise degrees from above, and degrees over the surface that faces us. */
  aim(around: number, height: number): void {
    const a = MathUtils.degToRad(around);
    const e = MathUtils.degToRad(height);
    this.sun.position.set(Math.sin(a) * Math.cos(e), Math.cos(a) * Math.cos(e), Math.sin(e)).multiplyScalar(10);
    this.fill.position.set(-this.sun.position.x, -this.sun.position.y, 6); // opens the shadows from the other side
    const raking = 1 - MathUtils.smoothstep(height, 8, 50);
    this.sun.intensity = 2.3 + 2.2 * raking; // a grazing lamp lights less: it is turned up, the others down
    this.fill.intensity = 0.4 * (1 - raking);
    this.sky.intensity = 1 - 0.55 * raking;
  }
}
